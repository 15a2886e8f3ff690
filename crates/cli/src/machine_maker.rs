//! The maker of machines that the operator names: its flags, checked before anything starts.

use std::{ffi::OsString, fmt::Display, path::Path, sync::Arc, time::Duration};

use wharf_server::{MakerConfig, MakerPace, MakerSecret, MakerSecretError, PoolConfig, maker_url};

use crate::{args::MachineMakerArgs, problem::Problem, roles::REGION};

/// What was said of a maker; `None` without one.
pub fn of(args: &MachineMakerArgs) -> Result<Option<MakerConfig>, Problem> {
    let Some(url) = &args.machine_maker else {
        return Ok(None);
    };
    let wrong = |flag: &str, why: &dyn Display| Problem::other(format!("{flag}: {why}"));
    let url = maker_url(url, args.machine_maker_http);
    let url = url.map_err(|why| wrong("--machine-maker", &why))?;
    let Some(file) = &args.machine_maker_secret_file else {
        let why = "the secret that requests are signed by is in a file";
        return Err(wrong("--machine-maker-secret-file", &why));
    };
    let config = MakerConfig {
        url,
        secret: Arc::new(secret(file)?),
        types: args.machine_maker_types.clone(),
        zones: args.machine_maker_zones.clone(),
        most: args.machine_maker_most,
        join_within: Duration::from_secs(args.machine_maker_join_within.into()),
        pool: pool(args),
        pace: MakerPace::default(),
    };
    let checked = config.check(REGION);
    checked.map_err(|why| {
        let flags = match args.fargate_pool_machine.is_empty() {
            true => "--machine-maker-types, --machine-maker-zones",
            false => "--machine-maker-types, --machine-maker-zones, --fargate-pool-…",
        };
        wrong(flags, &why)
    })?;
    Ok(Some(config))
}

/// The machines for Fargate, if any are named.
fn pool(args: &MachineMakerArgs) -> Option<PoolConfig> {
    let sizes = args.fargate_pool_machine.clone();
    (!sizes.is_empty()).then(|| PoolConfig {
        sizes,
        least: args.fargate_pool_least,
        most: args.fargate_pool_most,
        most_per_account: args.fargate_pool_most_per_account,
        idle: Duration::from_secs(args.fargate_pool_idle.into()),
    })
}

fn secret(path: &Path) -> Result<MakerSecret, Problem> {
    let what = "the secret of the machine maker cannot be read";
    MakerSecret::open(path).map_err(|error| match error {
        MakerSecretError::Read { source, .. } => Problem::file(what, path)(source),
        short @ MakerSecretError::Short { .. } => Problem::other(short.to_string()),
    })
}

/// The same flags, for the server.
pub fn words(args: &MachineMakerArgs) -> Vec<OsString> {
    let Some(url) = &args.machine_maker else {
        return Vec::new();
    };
    let mut words: Vec<OsString> = vec!["--machine-maker".into(), url.into()];
    if let Some(file) = &args.machine_maker_secret_file {
        words.extend(["--machine-maker-secret-file".into(), file.into()]);
    }
    for (flag, all) in [
        ("--machine-maker-types", &args.machine_maker_types),
        ("--machine-maker-zones", &args.machine_maker_zones),
    ] {
        if !all.is_empty() {
            words.extend([flag.into(), all.join(",").into()]);
        }
    }
    let numbers = [
        ("--machine-maker-most", args.machine_maker_most),
        (
            "--machine-maker-join-within",
            args.machine_maker_join_within,
        ),
    ];
    for (flag, number) in numbers {
        words.extend([flag.into(), number.to_string().into()]);
    }
    if args.machine_maker_http {
        words.push("--machine-maker-http".into());
    }
    for size in &args.fargate_pool_machine {
        words.extend(["--fargate-pool-machine".into(), size.to_string().into()]);
    }
    if !args.fargate_pool_machine.is_empty() {
        for (flag, number) in [
            ("--fargate-pool-least", args.fargate_pool_least),
            ("--fargate-pool-most", args.fargate_pool_most),
            ("--fargate-pool-idle", args.fargate_pool_idle),
        ] {
            words.extend([flag.into(), number.to_string().into()]);
        }
        if let Some(number) = args.fargate_pool_most_per_account {
            let flag = "--fargate-pool-most-per-account";
            words.extend([flag.into(), number.to_string().into()]);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn args(file: Option<PathBuf>) -> MachineMakerArgs {
        MachineMakerArgs {
            machine_maker: Some("https://maker.example.com/machines".to_owned()),
            machine_maker_secret_file: file,
            machine_maker_types: vec!["m7i".to_owned(), "t3.small".to_owned()],
            machine_maker_zones: vec!["us-east-1a".to_owned()],
            machine_maker_most: 7,
            machine_maker_join_within: 300,
            machine_maker_http: false,
            fargate_pool_machine: Vec::new(),
            fargate_pool_least: 0,
            fargate_pool_most: 10,
            fargate_pool_most_per_account: None,
            fargate_pool_idle: 600,
        }
    }

    #[test]
    fn what_is_wrong_is_said_before_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "0123456789abcdef\n").unwrap();
        let good = || args(Some(file.clone()));
        let config = of(&good()).unwrap().unwrap();
        assert_eq!(config.secret.last().expose(), b"0123456789abcdef");
        assert_eq!((config.most, config.join_within.as_secs()), (7, 300));
        let none = MachineMakerArgs {
            machine_maker: None,
            ..good()
        };
        assert!(of(&none).unwrap().is_none());
        assert!(words(&none).is_empty());
        let short = folder.path().join("short");
        std::fs::write(&short, "0123456789abcde\n").unwrap();
        for (wrong, why) in [
            (args(None), "is in a file"),
            (args(Some(folder.path().join("none"))), "cannot be read"),
            (args(Some(short)), "less than 16"),
            (
                MachineMakerArgs {
                    machine_maker: Some("http://10.0.0.5:8080".to_owned()),
                    ..good()
                },
                "--machine-maker-http",
            ),
            (
                MachineMakerArgs {
                    machine_maker_types: vec!["x9.huge".to_owned()],
                    ..good()
                },
                "x9.huge",
            ),
            (
                MachineMakerArgs {
                    machine_maker_zones: vec!["eu-west-1a".to_owned()],
                    ..good()
                },
                "eu-west-1a",
            ),
            (
                MachineMakerArgs {
                    fargate_pool_machine: vec!["4vcpu,16gib".parse().unwrap()],
                    fargate_pool_least: 11,
                    ..good()
                },
                "11 machines at least",
            ),
            (
                MachineMakerArgs {
                    fargate_pool_machine: vec!["4vcpu,16gib".parse().unwrap()],
                    fargate_pool_most_per_account: Some(11),
                    ..good()
                },
                "11 machines for one account",
            ),
        ] {
            let refused = of(&wrong).unwrap_err().to_string();
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn a_maker_may_be_for_fargate_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "0123456789abcdef").unwrap();
        let alone = MachineMakerArgs {
            machine_maker_types: Vec::new(),
            fargate_pool_machine: vec!["4vcpu,16gib".parse().unwrap()],
            fargate_pool_least: 1,
            ..args(Some(file))
        };
        let config = of(&alone).unwrap().unwrap();
        let pool = config.pool.unwrap();
        assert_eq!((pool.least, pool.most, pool.idle.as_secs()), (1, 10, 600));
        assert_eq!(pool.most_per_account, None);
        let said = words(&alone);
        let said: Vec<_> = said.iter().filter_map(|it| it.to_str()).collect();
        let last = &said[said.len() - 8..];
        assert_eq!(
            last,
            [
                "--fargate-pool-machine",
                "4vcpu,16gib,100gib,x86_64",
                "--fargate-pool-least",
                "1",
                "--fargate-pool-most",
                "10",
                "--fargate-pool-idle",
                "600",
            ]
        );
        let shared = MachineMakerArgs {
            fargate_pool_most_per_account: Some(4),
            ..alone
        };
        let pool = of(&shared).unwrap().unwrap().pool.unwrap();
        assert_eq!(pool.most_per_account, Some(4));
        let said = words(&shared);
        let said: Vec<_> = said.iter().filter_map(|it| it.to_str()).collect();
        assert_eq!(
            said[said.len() - 2..],
            ["--fargate-pool-most-per-account", "4"]
        );
    }

    #[test]
    fn the_server_is_told_the_same_and_no_secret() {
        let words = words(&args(Some("/etc/wharf/maker".into())));
        let words: Vec<_> = words.iter().filter_map(|it| it.to_str()).collect();
        assert_eq!(
            words,
            [
                "--machine-maker",
                "https://maker.example.com/machines",
                "--machine-maker-secret-file",
                "/etc/wharf/maker",
                "--machine-maker-types",
                "m7i,t3.small",
                "--machine-maker-zones",
                "us-east-1a",
                "--machine-maker-most",
                "7",
                "--machine-maker-join-within",
                "300",
            ]
        );
    }
}
