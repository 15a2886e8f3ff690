//! kubectl against the server: the one that `make deps` unpacked, else that of PATH.

use std::{path::PathBuf, process::Stdio};

use tokio::{io::AsyncWriteExt, process::Command};

use crate::harness::Harness;

fn program() -> PathBuf {
    let unpacked = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../.cache/tools/usr/bin/kubectl-1.36"
    );
    let unpacked = PathBuf::from(unpacked);
    match unpacked.is_file() {
        true => unpacked,
        false => PathBuf::from("kubectl"),
    }
}

struct Kubectl {
    server: String,
    cache: tempfile::TempDir,
}

impl Kubectl {
    async fn of(it: &Harness) -> Self {
        Self {
            server: it.listen().await,
            cache: tempfile::tempdir().unwrap(),
        }
    }

    /// Whether it went well, and what it printed.
    async fn run(&self, args: &str, input: &str) -> (bool, String) {
        let mut child = Command::new(program())
            .arg(format!("--server={}", self.server))
            .arg(format!("--cache-dir={}", self.cache.path().display()))
            .arg("--kubeconfig=/dev/null")
            .args(args.split(' '))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("kubectl is there after `make deps`");
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).await.unwrap();
        drop(stdin);
        let ended = child.wait_with_output();
        let out = tokio::time::timeout(std::time::Duration::from_secs(60), ended)
            .await
            .expect(args)
            .unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        (
            out.status.success(),
            text + &String::from_utf8_lossy(&out.stderr),
        )
    }

    #[track_caller]
    fn check(args: &str, (is_ok, text): (bool, String)) -> String {
        assert!(is_ok, "kubectl {args}: {text}");
        text
    }

    async fn ok(&self, args: &str) -> String {
        Self::check(args, self.run(args, "").await)
    }

    async fn ok_with(&self, args: &str, input: &str) -> String {
        Self::check(args, self.run(args, input).await)
    }
}

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: nginx, ports: [{containerPort: 80}]}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_days_work() {
    let it = Harness::new().await;
    let kubectl = Kubectl::of(&it).await;
    let kinds = kubectl.ok("api-resources").await;
    assert!(kinds.contains("deployments"), "{kinds}");
    let spaces = kubectl.ok("get namespaces").await;
    assert!(spaces.contains("kube-system"), "{spaces}");
    let made = kubectl.ok_with("apply -f -", DEPLOYMENT).await;
    assert_eq!(made, "deployment.apps/web created\n");
    let same = kubectl.ok_with("apply -f -", DEPLOYMENT).await;
    assert_eq!(same, "deployment.apps/web unchanged\n");
    let more = DEPLOYMENT.replace("image: nginx", "image: nginx:2");
    let changed = kubectl.ok_with("apply -f -", &more).await;
    assert_eq!(changed, "deployment.apps/web configured\n");
    let image = kubectl
        .ok("get deployment web -o jsonpath={.spec.template.spec.containers[0].image}")
        .await;
    assert_eq!(image, "nginx:2");
    kubectl.ok("scale deployment web --replicas=5").await;
    let replicas = kubectl
        .ok("get deployment web -o jsonpath={.spec.replicas}")
        .await;
    assert_eq!(replicas, "5");
    kubectl.ok("label deployment web tier=front").await;
    kubectl.ok("annotate deployment web note=a").await;
    kubectl.ok("set image deployment/web web=nginx:3").await;
    let yaml = kubectl.ok("get deployment web -o yaml").await;
    assert!(
        yaml.contains("tier: front") && yaml.contains("nginx:3"),
        "{yaml}"
    );
    let table = kubectl.ok("get deployments -o wide").await;
    assert!(table.contains("web"), "{table}");
    kubectl.ok("delete deployment web").await;
    let (is_ok, text) = kubectl.run("get deployment web", "").await;
    assert!(
        !is_ok && text.contains("deployments.apps \"web\" not found"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_are_explained_and_unknown_ones_refused() {
    let it = Harness::new().await;
    let kubectl = Kubectl::of(&it).await;
    let text = kubectl.ok("explain pod.spec.containers").await;
    assert!(text.contains("livenessProbe"), "{text}");
    let wrong = DEPLOYMENT.replace("replicas: 2", "replica: 2");
    let (is_ok, text) = kubectl.run("apply -f -", &wrong).await;
    assert!(
        !is_ok && text.contains("unknown field") && text.contains("replica\""),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_have_owners() {
    let it = Harness::new().await;
    let kubectl = Kubectl::of(&it).await;
    kubectl
        .ok_with("apply --server-side --field-manager=one -f -", DEPLOYMENT)
        .await;
    let other = DEPLOYMENT.replace("replicas: 2", "replicas: 3");
    let args = "apply --server-side --field-manager=two -f -";
    let (is_ok, text) = kubectl.run(args, &other).await;
    assert!(
        !is_ok && text.contains("conflict with \"one\": .spec.replicas"),
        "{text}"
    );
    kubectl
        .ok_with(&format!("{args} --force-conflicts"), &other)
        .await;
}
