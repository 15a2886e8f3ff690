"""Bills of materials, read by the tools of their formats. Those are imported when one is read: it takes seconds, and each worker
imports all files of tests."""


def spdx(path):
    """A document of SPDX without faults."""
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    document = parse_file(str(path))
    assert validate_full_spdx_document(document) == []
    return document


def check_cyclonedx(text, version):
    """Whether it is one of CycloneDX `version`."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.from_version(version)).validate_str(text) is None
