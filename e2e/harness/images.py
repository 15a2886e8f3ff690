"""Pushing with stock clients."""

from . import tools


def ensure_repository(wharf, name):
    """Create it unless it is there; returns its URI."""
    ecr = wharf.client("ecr")
    try:
        return ecr.create_repository(repositoryName=name)["repository"]["repositoryUri"]
    except ecr.exceptions.RepositoryAlreadyExistsException:
        return ecr.describe_repositories(repositoryNames=[name])["repositories"][0]["repositoryUri"]


def push(wharf, image, name=None, tag="latest", keys=None):
    """Push one of the test images with skopeo; returns the reference for a task definition."""
    uri = ensure_repository(wharf, name or image)
    skopeo_copy(wharf, f"oci-archive:{tools.image_archive(image)}", f"docker://{uri}:{tag}", keys=keys)
    return f"{uri}:{tag}"


def skopeo_copy(wharf, source, target, keys=None, check=True, extra=()):
    """skopeo copy between any two places; the registry's credentials go with the docker:// one."""
    end = "dest" if target.startswith("docker://") else "src"
    return tools.run(
        "skopeo", "copy", "--quiet", f"--{end}-tls-verify=false", f"--{end}-creds", f"AWS:{wharf.registry_password(keys)}",
        *extra, source, target, check=check, timeout_s=600,
    )  # fmt: skip
