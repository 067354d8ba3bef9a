"""A model as C++ for a TFLM program: the bytes, the operators that it needs, and how to quantize its input."""

from .pack import Counts, Features
from .tflite_model import Model

PER_LINE = 16


def header(name: str, model: Model, mapping: Features | Counts | None, threshold: int | None) -> str:
    """NAME_model.h: declarations and, as a comment, the resolver that a program has to make."""
    guard = f"MOTEGATE_{name.upper()}_MODEL_H_"
    operators = model.operators
    resolver = "\n".join(
        [f"//   tflite::MicroMutableOpResolver<{len(operators)}> resolver;"]
        + [f"//   resolver.Add{op}();" for op in operators]
    )
    lines = [
        f"// The int8 model {name} for TensorFlow Lite Micro, made by motegate convert.",
        "//",
        "// The operators that it needs:",
        resolver,
        "//   tflite::MicroInterpreter interpreter(tflite::GetModel("
        f"motegate::{name}::kModel), resolver, arena, sizeof(arena));",
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
        "#include <cstddef>",
        "#include <cstdint>",
        "",
        "namespace motegate {",
        f"namespace {name} {{",
        "",
        "extern const unsigned char kModel[];  // a .tflite file, aligned to 16 bytes",
        "extern const std::size_t kModelSize;",
        "",
        f"constexpr int kOperators = {len(operators)};",
        f"constexpr int kInputs = {model.input.size};",
        f"constexpr int kOutputs = {model.output.size};",
        "",
        "// real = (q - zero point) * scale",
        f"constexpr float kInputScale = {_float(model.input.scale)};",
        f"constexpr int kInputZeroPoint = {model.input.zero_point};",
        f"constexpr float kOutputScale = {_float(model.output.scale)};",
        f"constexpr int kOutputZeroPoint = {model.output.zero_point};",
        *_threshold(threshold),
        *_mapping(mapping),
        "",
        f"}}  // namespace {name}",
        "}  // namespace motegate",
        "",
        f"#endif  // {guard}",
    ]
    return "\n".join(lines) + "\n"


def source(name: str, data: bytes) -> str:
    """NAME_model.cc: the bytes."""
    rows = [", ".join(f"0x{byte:02x}" for byte in data[at : at + PER_LINE]) for at in range(0, len(data), PER_LINE)]
    body = ",\n".join(f"    {row}" for row in rows)
    return (
        f'#include "{name}_model.h"\n\n'
        f"namespace motegate {{\nnamespace {name} {{\n\n"
        f"alignas(16) const unsigned char kModel[] = {{\n{body}}};\n"
        f"const std::size_t kModelSize = sizeof(kModel);\n\n"
        f"}}  // namespace {name}\n}}  // namespace motegate\n"
    )


def _float(value: float) -> str:
    return f"{value:.9g}f" if any(c in f"{value:.9g}" for c in ".e") else f"{value:.9g}.0f"


def _threshold(threshold: int | None) -> list[str]:
    if threshold is None:
        return []
    return ["", "// An int8 output above it is a failure.", f"constexpr int kThreshold = {threshold};"]


def _mapping(mapping: Features | Counts | None) -> list[str]:
    if isinstance(mapping, Features):
        return [
            "",
            "// input[i] = clamp(((value - kCentre[i]) * kMult[i]) >> kShift[i], -128, 127), values int16",
            f"constexpr std::int16_t kCentre[kInputs] = {{{_list(mapping.centre)}}};",
            f"constexpr std::int16_t kMult[kInputs] = {{{_list(mapping.mult)}}};",
            f"constexpr std::uint8_t kShift[kInputs] = {{{_list(mapping.shift)}}};",
        ]
    if isinstance(mapping, Counts):
        return [
            "",
            "// input[i] = clamp((count * kMult + kBias) >> kShift, -128, 127), counts int16",
            f"constexpr std::int32_t kBias = {mapping.bias};",
            f"constexpr std::int32_t kMult = {mapping.mult};",
            f"constexpr int kShift = {mapping.shift};",
        ]
    return []


def _list(values: tuple[int, ...]) -> str:
    return ", ".join(map(str, values))
