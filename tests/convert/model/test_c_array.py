"""The C array: plain C++ that holds the file's bytes and says what a TFLM program needs."""

import shutil
import subprocess

import pytest
from motegate.convert.model import c_array, tflite_model
from motegate.convert.model.pack import Counts, Features

from ..random_models import Draw

pytestmark = pytest.mark.unit

PROGRAM = """
#include <cstdio>
#include "net_model.h"
int main() {{
  namespace net = motegate::net;
  static_assert(net::kInputs == {inputs} && net::kOutputs == {outputs} && net::kOperators == {operators}, "");
  {more}
  if (reinterpret_cast<std::size_t>(net::kModel) % 16 != 0) return 1;
  std::fwrite(net::kModel, 1, net::kModelSize, stdout);
  return 0;
}}
"""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_compiles_as_plain_cpp_and_holds_the_files_bytes(seed, tmp_path):
    if shutil.which("g++") is None:
        pytest.skip("no g++: apt-get install g++")
    data = Draw(seed, rows=1).data
    model = tflite_model.parse(data)
    n = model.input.size
    mapping, more = [
        (None, ""),
        (
            Features((512,) * n, (1,) * n, (2,) * n),
            'static_assert(net::kCentre[0] == 512 && net::kThreshold == -7, "");',
        ),
        (
            Counts(-70000, 1234, 15),
            'static_assert(net::kBias == -70000 && net::kMult == 1234 && net::kShift == 15, "");',
        ),
    ][seed % 3]
    (tmp_path / "net_model.h").write_text(c_array.header("net", model, mapping, -7))
    (tmp_path / "net_model.cc").write_text(c_array.source("net", data))
    program = PROGRAM.format(inputs=n, outputs=model.output.size, operators=len(model.operators), more=more)
    (tmp_path / "main.cc").write_text(program)
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-pedantic"]
    subprocess.run(["g++", *flags, "-o", "main", "main.cc", "net_model.cc"], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "main"], capture_output=True, check=True).stdout == data


def test_the_header_lists_the_operators_that_the_resolver_needs():
    draw = next(draw for draw in map(Draw, range(50)) if tflite_model.parse(draw.data).operators[-1] == "Logistic")
    text = c_array.header("net", tflite_model.parse(draw.data), None, None)
    assert "MicroMutableOpResolver<2> resolver;" in text
    assert "resolver.AddFullyConnected();" in text
    assert "resolver.AddLogistic();" in text
    assert "kThreshold" not in text
