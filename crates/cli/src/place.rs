//! Where a command looks: the region and the cluster that the command line, an ARN, or the environment
//! names.

use clap::Args;

use crate::{layout::Settings, problem::Problem};

/// The cluster that calls without one mean.
pub const DEFAULT_CLUSTER: &str = "default";
/// As AWS tools read them, the first one set counts.
const VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

#[derive(Args, Clone, Default)]
pub struct RegionArgs {
    /// The region to look in; that of an ARN, AWS_REGION, AWS_DEFAULT_REGION or the installation's by default
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
}

/// What an ARN of a service or a task says beside the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named<'a> {
    pub kind: &'a str,
    pub region: &'a str,
    pub cluster: &'a str,
}

/// `None` for what is no ARN of ECS with a cluster in it.
pub fn of_arn(text: &str) -> Option<Named<'_>> {
    let mut parts = text.splitn(6, ':');
    let (arn, _, ecs) = (parts.next()?, parts.next()?, parts.next()?);
    let (region, _, resource) = (parts.next()?, parts.next()?, parts.next()?);
    let mut path = resource.split('/');
    let (kind, cluster, _) = (path.next()?, path.next()?, path.next()?);
    (arn == "arn" && ecs == "ecs").then_some(Named {
        kind,
        region,
        cluster,
    })
}

/// The settings with the region that is meant. `name`: what the command is about, perhaps an ARN.
///
/// # Errors
/// An ARN of another region than the one that is asked for.
pub fn settings(
    settings: Settings,
    args: &RegionArgs,
    name: Option<&str>,
) -> Result<Settings, Problem> {
    let of_arn = name.and_then(of_arn).map(|it| it.region);
    let variable = |name: &&str| std::env::var(name).ok().filter(|it| !it.is_empty());
    let region = match (&args.region, of_arn) {
        (Some(given), Some(of_arn)) if given != of_arn => {
            return Err(Problem::other(format!(
                "the ARN is one of {of_arn}, and --region says {given}"
            )));
        }
        (Some(given), _) => given.clone(),
        (None, Some(of_arn)) => of_arn.to_owned(),
        (None, None) => VARIABLES
            .iter()
            .find_map(variable)
            .unwrap_or_else(|| settings.region.clone()),
    };
    Ok(Settings { region, ..settings })
}

/// The cluster that is meant, if there is a word of it.
///
/// # Errors
/// An ARN of another cluster than the one that is asked for.
pub fn cluster<'a>(given: Option<&'a str>, name: &'a str) -> Result<Option<&'a str>, Problem> {
    let of_arn = of_arn(name).map(|it| it.cluster);
    match (given, of_arn) {
        (Some(given), Some(of_arn)) if given.rsplit('/').next() != Some(of_arn) => {
            Err(Problem::other(format!(
                "the ARN is one of cluster {of_arn}, and --cluster says {given}"
            )))
        }
        (given, of_arn) => Ok(given.or(of_arn)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: &str = "arn:aws:ecs:eu-west-1:000000000000:task/two/0a";

    fn in_region(args: Option<&str>, name: Option<&str>) -> Result<String, Problem> {
        let known = Settings {
            port: 1,
            account: "0".to_owned(),
            region: "us-east-1".to_owned(),
            listen: None,
            keyring: None,
            keyring_given: false,
        };
        let region = args.map(str::to_owned);
        settings(known, &RegionArgs { region }, name).map(|it| it.region)
    }

    #[test]
    fn an_arn_says_where() {
        let named = of_arn(TASK).unwrap();
        assert_eq!(
            (named.kind, named.region, named.cluster),
            ("task", "eu-west-1", "two")
        );
        for none in [
            "web",
            "0a",
            "arn:aws:ecs:r:a:task/0a",
            "arn:aws:elasticloadbalancing:r:a:x/y/z",
            "",
        ] {
            assert_eq!(of_arn(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_asked_for_may_not_contradict_an_arn() {
        assert_eq!(in_region(None, Some(TASK)).unwrap(), "eu-west-1");
        assert_eq!(
            in_region(Some("eu-west-1"), Some(TASK)).unwrap(),
            "eu-west-1"
        );
        assert_eq!(
            in_region(Some("eu-west-2"), Some("web")).unwrap(),
            "eu-west-2"
        );
        assert!(in_region(Some("eu-west-2"), Some(TASK)).is_err());
        assert_eq!(cluster(None, TASK).unwrap(), Some("two"));
        assert_eq!(cluster(Some("two"), TASK).unwrap(), Some("two"));
        assert_eq!(cluster(Some("one"), "web").unwrap(), Some("one"));
        assert_eq!(cluster(None, "web").unwrap(), None);
        let refused = cluster(Some("one"), TASK).unwrap_err().to_string();
        assert_eq!(
            refused,
            "the ARN is one of cluster two, and --cluster says one"
        );
    }
}
