"""The installation's own service as the SDK sees it: its model is ours, so the SDK is given it first."""

import json
import pathlib
import tempfile

SERVICE = "wharf"
MODEL = pathlib.Path(__file__).resolve().parents[3] / "models" / f"{SERVICE}.json"


def model():
    """Our model in the SDK's form, which names shapes by references."""
    ours = json.loads(MODEL.read_text(encoding="utf-8"))
    operations = {}
    for name, operation in ours["operations"].items():
        references = {part: {"shape": operation[part]} for part in ("input", "output") if part in operation}
        errors = [{"shape": shape} for shape in operation.get("errors", [])]
        operations[name] = {**operation, **references, "errors": errors, "name": name}
    return {"version": "2.0", "metadata": ours["metadata"], "operations": operations, "shapes": ours["shapes"]}


def teach(session):
    """Lets a session make clients of the service."""
    described = model()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-model-"))
    place = folder / SERVICE / described["metadata"]["apiVersion"]
    place.mkdir(parents=True)
    (place / "service-2.json").write_text(json.dumps(described), encoding="utf-8")
    session.get_component("data_loader").search_paths.append(str(folder))
    return session
