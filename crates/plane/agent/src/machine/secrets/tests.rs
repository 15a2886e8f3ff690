use super::*;
use crate::client::{CallError, GaveUp};

const ARN: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:db-aB3dE6";

fn secret() -> Source {
    Source::SecretsManager(SecretVersion {
        id: ARN.to_owned(),
        region: "us-east-1".to_owned(),
        ..SecretVersion::default()
    })
}

fn env_file(key: &str) -> Source {
    Source::File(EnvFile {
        bucket: "config".to_owned(),
        key: key.to_owned(),
    })
}

fn container(secrets: &[(&str, &Reference)], files: &[&str], environment: &[&str]) -> Wanted {
    let fixed = BTreeSet::from(["ECS_AGENT_URI".to_owned()]);
    let own = |name: &str| name.to_owned();
    let names = secrets.iter().map(|(name, _)| name).chain(environment);
    Wanted {
        at: 0,
        log_options: Vec::new(),
        container: ContainerName::try_from("main".to_owned()).unwrap(),
        secrets: secrets
            .iter()
            .map(|(name, of)| (own(name), (*of).clone()))
            .collect(),
        files: files
            .iter()
            .map(|key| EnvFile {
                bucket: own("config"),
                key: own(key),
            })
            .collect(),
        decided: names.map(|name| own(name)).chain(fixed.clone()).collect(),
        fixed,
    }
}

fn denied() -> FetchError {
    FetchError::Call(GaveUp {
        tries: 1,
        source: CallError::Fault {
            code: "AccessDeniedException".to_owned(),
            message: "no".to_owned(),
            status: 400,
        },
    })
}

#[test]
fn the_words_of_ecs() {
    let parameter = || Source::ParameterStore {
        name: "/app/db".to_owned(),
        region: "us-east-1".to_owned(),
    };
    let start = "ResourceInitializationError: unable to pull secrets or registry auth: execution \
                 resource retrieval failed:";
    let no_key = || FetchError::NoValue(NoValue::NoKey("password".to_owned()));
    let missing = || FetchError::NoParameter("/app/db".to_owned());
    for (problem, fargate, ec2) in [
        (
            NoSecrets::Fetch(secret(), Box::new(denied())),
            format!(
                "{start} unable to retrieve secret from asm: service call has been retried 1 time(s): \
                 failed to fetch secret {ARN} from secrets manager: AccessDeniedException: no"
            ),
            format!(
                "Fetching secret data from AWS Secrets Manager in region us-east-1: secret {ARN}: \
                 AccessDeniedException: no"
            ),
        ),
        (
            NoSecrets::Fetch(env_file("app.env"), Box::new(denied())),
            "ResourceInitializationError: failed to download env files: file download command: non empty \
             error stream: AccessDeniedException: no"
                .to_owned(),
            "unable to download env file with key app.env from bucket config, error: \
             AccessDeniedException: no"
                .to_owned(),
        ),
        (
            NoSecrets::Fetch(secret(), Box::new(no_key())),
            format!(
                "{start} unable to retrieve secret from asm: service call has been retried 1 time(s): \
                 retrieved secret from Secrets Manager did not contain json key password"
            ),
            format!(
                "Fetching secret data from AWS Secrets Manager in region us-east-1: secret {ARN}: \
                 retrieved secret from Secrets Manager did not contain json key password"
            ),
        ),
        (
            NoSecrets::Fetch(parameter(), Box::new(missing())),
            format!(
                "{start} unable to retrieve secrets from ssm: service call has been retried 1 time(s): \
                 invalid ssm parameters: /app/db"
            ),
            "Fetching secret data from SSM Parameter Store in us-east-1: invalid ssm parameters: \
             /app/db"
                .to_owned(),
        ),
    ] {
        assert_eq!(problem.reason("FARGATE"), fargate);
        assert_eq!(problem.reason("EC2"), ec2);
    }
}

#[test]
fn a_failure_says_nothing_of_the_value() {
    let reference = Reference {
        source: secret(),
        key: Some("k".to_owned()),
    };
    for value in [
        "hunter2",
        "{\"hunter2\": \"hunter2\"}",
        "{\"k\": \"hunter2\\u0000\"}",
    ] {
        let values = BTreeMap::from([(secret(), Secret::from(value))]);
        let wanted = container(&[("A", &reference)], &[], &[]);
        let problem = wanted.file(&values).unwrap_err();
        let told = format!("{} {problem:?}", problem.reason("FARGATE"));
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn parameters_are_asked_for_together() {
    let parameter = |number: usize, region: &str| Source::ParameterStore {
        name: format!("p{number:02}"),
        region: region.to_owned(),
    };
    let near = (0..11).map(|number| parameter(number, "us-east-1"));
    let far = [parameter(1, "eu-west-1"), secret(), env_file("a.env")];
    let calls = calls(near.chain(far).collect());
    let shown: Vec<(String, usize)> = calls
        .into_iter()
        .map(|call| match call {
            Call::Secret(of) => (of.id, 1),
            Call::File(of) => (of.key, 1),
            Call::Parameters { region, names } => (region, names.len()),
        })
        .collect();
    let expected = [
        (ARN, 1),
        ("a.env", 1),
        ("eu-west-1", 1),
        ("us-east-1", 10),
        ("us-east-1", 1),
    ];
    assert_eq!(shown, expected.map(|(of, count)| (of.to_owned(), count)));
}

#[test]
fn which_value_a_variable_has() {
    let values = BTreeMap::from([
        (
            env_file("a.env"),
            Secret::from("A=1\nA=2\nPLAIN=a\nECS_AGENT_URI=a"),
        ),
        (env_file("b.env"), Secret::from("A=b\nB=b\nSECRET=b")),
        (secret(), Secret::from("hunter2")),
    ]);
    let reference = Reference {
        source: secret(),
        key: None,
    };
    let both = [("SECRET", &reference), ("ECS_AGENT_URI", &reference)];
    let wanted = container(&both, &["a.env", "b.env"], &["PLAIN"]);
    assert_eq!(
        Vec::from_iter(wanted.of_files(&values)),
        [("A", "2"), ("B", "b")]
    );
    let of_secrets = wanted.of_secrets(&values).unwrap();
    assert_eq!(of_secrets, [("SECRET", Secret::from("hunter2"))]);
    let turned = container(&both, &["b.env", "a.env"], &["PLAIN"]);
    assert_eq!(
        Vec::from_iter(turned.of_files(&values)),
        [("A", "b"), ("B", "b")]
    );
}
