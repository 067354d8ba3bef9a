"""Results as JUnit XML, which every CI reads: a suite for each scenario, a case for each expectation."""

from collections.abc import Iterable
from xml.etree import ElementTree

from .play import Played


def junit(played: Iterable[Played]) -> bytes:
    """The document."""
    top = ElementTree.Element("testsuites")
    for one in played:
        failed = sum(not result.met for result in one.results)
        suite = ElementTree.SubElement(
            top, "testsuite", name=one.name, tests=str(len(one.results)), failures=str(failed), file=str(one.path)
        )
        for result in one.results:
            case = ElementTree.SubElement(suite, "testcase", name=result.what, classname=one.name)
            if not result.met:
                ElementTree.SubElement(case, "failure", message=result.why)
    ElementTree.indent(top)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(top) + b"\n"
