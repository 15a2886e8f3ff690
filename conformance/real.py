"""A cluster of wharf with two instances of this machine as nodes, and upstream's test images in its registry."""

from cluster import Cluster

from harness import images, tools
from harness.kubernetes_pods import condition, node_of
from harness.waiting import wait_for
from test_ec2_instances import profile
from test_kubernetes_nodes import MAY_PULL, USER_DATA, launch

NODES = 2
# Room for 35 pods.
INSTANCE_TYPE = "t3.large"
NODES_DEADLINE_S = 120
# The registries that tests know, and the paths that stand for them.
REGISTRIES = {"dockerLibraryRegistry": "library", "e2eRegistry": "e2e", "promoterE2eRegistry": "promoter", "gcRegistry": "gc"}
# Where each is pushed, and what it is made by.
IMAGES = {
    "library/busybox:1.29": "busybox",
    "library/httpd:2.4.38-alpine": "conformance/images/httpd",
    "library/httpd:2.4.39-alpine": "conformance/images/httpd",
    "library/nginx:1.14-alpine": "conformance/images/nginx",
    "library/nginx:1.15-alpine": "conformance/images/nginx",
    "promoter/agnhost:2.21": "conformance/images/agnhost",
    "e2e/jessie-dnsutils:1.0": "conformance/images/jessie-dnsutils",
    "e2e/nautilus:1.0": "conformance/images/nautilus",
    "e2e/nonewprivs:1.0": "conformance/images/nonewprivs",
    "e2e/sample-apiserver:1.17": "conformance/images/sample-apiserver",
    "gc/etcd:3.4.13-0": "conformance/images/etcd",
    "gc/pause:3.2": "conformance/images/pause",
}


class RealCluster(Cluster):
    """With instances of wharf, whose pods run."""

    arguments = ["--instances"]

    def _push(self):
        for name, image in IMAGES.items():
            repository, tag = name.rsplit(":", 1)
            images.push(self.wharf, image, repository, tag)
        names = self.folder / "registries.yaml"
        names.write_text("".join(f"{registry}: {self.wharf.registry}/{path}\n" for registry, path in REGISTRIES.items()))
        self.variables = {"KUBE_TEST_REPO_LIST": str(names)}

    def _nodes(self, _):
        self._push()
        self.cluster.role = profile(self.wharf, MAY_PULL)
        arn = self.wharf.client("iam").get_role(RoleName=self.cluster.role)["Role"]["Arn"]
        self.cluster.eks.create_access_entry(clusterName=self.cluster.name, principalArn=arn, type="EC2_LINUX")
        made = [launch(self.wharf, self.cluster, USER_DATA, INSTANCE_TYPE) for _ in range(NODES)]
        for instance in made:
            wait_for(lambda it=instance: condition(node_of(self.cluster, it), "Ready") == "True", NODES_DEADLINE_S, "a node that is ready")


def build_images():
    """Before the outside network is gone: they are made of packages."""
    for image in sorted(set(IMAGES.values())):
        print(f"image {tools.image_archive(image).name}", flush=True)


if __name__ == "__main__":
    build_images()
