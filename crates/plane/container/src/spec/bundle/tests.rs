use super::*;
use crate::spec::capabilities;

fn name(text: &str) -> ContainerName {
    ContainerName::try_from(text).unwrap()
}

fn build(change: impl FnOnce(&mut ContainerSpec)) -> Result<Bundle, SpecError> {
    build_within(None, change)
}

fn build_within(
    user: Option<UserSetup>,
    change: impl FnOnce(&mut ContainerSpec),
) -> Result<Bundle, SpecError> {
    let mut spec = ContainerSpec::new(name("web"), vec!["/bin/app".into()]);
    change(&mut spec);
    let running = BTreeMap::from([(name("other"), 4711)]);
    Bundle::build(
        &spec,
        &Context {
            layers: &["/layers/a".into()],
            folder: Path::new("/task/web"),
            cgroup: "/wharf-test/t/web".into(),
            network: &TaskNetwork::Namespace("/net/ns".into()),
            running: &running,
            may_raise_limits: false,
            user,
        },
    )
}

fn namespaces_of(bundle: &Bundle) -> String {
    bundle.config["linux"]["namespaces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| {
            format!(
                "{}{}",
                n["type"].as_str().unwrap(),
                n["path"]
                    .as_str()
                    .map(|p| format!("={p}"))
                    .unwrap_or_default()
            )
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn defaults() {
    let bundle = build(|_| {}).unwrap();
    assert_eq!(
        namespaces_of(&bundle),
        "mount uts cgroup network=/proc/self/fd/10 pid ipc"
    );
    assert_eq!(bundle.config["hostname"], "web");
    assert_eq!(bundle.plan.process.working_dir, "/");
    assert_eq!(bundle.plan.process.env, ["HOSTNAME=web"]);
    assert!(bundle.filter.is_some() && bundle.limits.devices.is_some());
    assert_eq!(
        bundle.config["linux"]["maskedPaths"]
            .as_array()
            .unwrap()
            .len(),
        12
    );
}

#[test]
fn who_reserved_processor_time_comes_before_who_did_not() {
    let slice = |reserves_cpu| {
        let bundle = build(|spec| spec.reserves_cpu = reserves_cpu).unwrap();
        bundle.plan.slice_us
    };
    assert_eq!((slice(true), slice(false)), (Some(500), None));
}

#[test]
fn a_network_of_its_own() {
    let bundle = build(|spec| spec.network = Some("/net/of/web".into())).unwrap();
    assert!(namespaces_of(&bundle).contains("network=/net/of/web"));
    let spec = ContainerSpec::new(name("web"), vec!["/bin/app".into()]);
    let nowhere = Context {
        layers: &[],
        folder: Path::new("/task/web"),
        cgroup: String::new(),
        network: &TaskNetwork::PerContainer,
        running: &BTreeMap::new(),
        may_raise_limits: false,
        user: None,
    };
    assert!(matches!(
        Bundle::build(&spec, &nowhere),
        Err(SpecError::NoNetwork(_))
    ));
}

#[test]
fn privileged_opens_everything() {
    let bundle = build(|spec| spec.privileged = true).unwrap();
    assert!(bundle.filter.is_none() && bundle.limits.devices.is_none());
    assert_eq!(bundle.config["linux"]["maskedPaths"], json!([]));
    assert_eq!(bundle.plan.process.capabilities, capabilities::ALL);
}

#[test]
fn shared_namespaces() {
    let bundle = build(|spec| {
        spec.pid = NamespaceMode::Of(name("other"));
        spec.ipc = NamespaceMode::Host;
    })
    .unwrap();
    assert_eq!(
        namespaces_of(&bundle),
        "mount uts cgroup network=/proc/self/fd/10"
    );
    assert_eq!(bundle.plan.pid_namespace_of, Some(4711));
    assert_eq!(bundle.config["mounts"][0]["source"], "/task/web/proc");
    assert!(bundle.setup.shares_pids);
    let absent = build(|spec| spec.pid = NamespaceMode::Of(name("gone")));
    assert!(matches!(absent, Err(SpecError::NoSuchNamespace(_))));
}

#[test]
fn lent_folders_are_opened_by_the_shim() {
    let bundle = build(|spec| {
        spec.mounts = vec![Mount {
            source: "/srv/a".into(),
            destination: "/a".into(),
            read_only: true,
            beneath: Some("/srv".into()),
            copy_up: false,
            as_it_is: false,
        }];
    })
    .unwrap();
    let [bind] = bundle.plan.host_binds.as_slice() else {
        panic!("{:?}", bundle.plan.host_binds);
    };
    assert_eq!(
        (bind.beneath.as_path(), bind.source.as_path()),
        (Path::new("/srv"), Path::new("/srv/a"))
    );
    let mounts = bundle.config["mounts"].as_array().unwrap();
    let mount = mounts.iter().find(|m| m["destination"] == "/a").unwrap();
    assert_eq!(mount["source"], bind.at.to_str().unwrap());
}

#[test]
fn deeper_mounts_come_later_and_own_files_win() {
    let mount = |destination: &str| Mount {
        source: "/srv".into(),
        destination: destination.into(),
        read_only: true,
        beneath: None,
        copy_up: false,
        as_it_is: false,
    };
    let bundle = build(|spec| {
        spec.mounts = vec![mount("/data/deep/er"), mount("/data"), mount("/etc/hosts")];
        spec.files.hosts = Some("x".into());
        spec.files.resolv_conf = Some("y".into());
    })
    .unwrap();
    let destinations: Vec<_> = bundle.config["mounts"]
        .as_array()
        .unwrap()
        .iter()
        .skip(7)
        .map(|m| m["destination"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        destinations,
        ["/data", "/etc/hosts", "/etc/resolv.conf", "/data/deep/er"]
    );
}

#[test]
fn contradictions_are_named() {
    assert!(matches!(
        build(|s| s.argv.clear()),
        Err(SpecError::NoCommand)
    ));
    assert!(matches!(
        build(|s| s.working_dir = "x".into()),
        Err(SpecError::RelativePath(_))
    ));
    assert!(matches!(
        build(|s| s.env = vec![("A=B".into(), String::new())]),
        Err(SpecError::BadText { .. })
    ));
}

/// Loop devices among them, which a pod may have as volumes: it must not put one over another file.
#[test]
fn calls_that_reach_the_host_are_closed_in_a_user_namespace() {
    let user = || UserSetup {
        range: wharf_userns::IdRange {
            first: 0x4ABC_0000,
            count: 1 << 16,
        },
        stage: "/mnt/stage/web".into(),
    };
    let added = |names: &[&str]| super::super::Capabilities {
        add: names.iter().map(|it| (*it).to_owned()).collect(),
        drop: Vec::new(),
    };
    for names in [&[][..], &["SYS_ADMIN"]] {
        let change = |spec: &mut ContainerSpec| spec.capabilities = added(names);
        let within = build_within(Some(user()), change).unwrap();
        let change = |spec: &mut ContainerSpec| {
            spec.capabilities = added(names);
            spec.keeps_root = true;
        };
        let of_instance = build(change).unwrap();
        let outside = build(|spec| spec.capabilities = added(names)).unwrap();
        assert_eq!(within.filter, of_instance.filter);
        assert_ne!(within.filter, outside.filter);
    }
}

#[test]
fn what_is_unmasked_needs_a_user_namespace() {
    let masked = |bundle: &Bundle| {
        let paths = &bundle.config["linux"]["maskedPaths"];
        !paths.as_array().unwrap().is_empty()
    };
    let unmask = |spec: &mut ContainerSpec| spec.unmasked = true;
    assert!(masked(&build(unmask).unwrap()));
    let user = UserSetup {
        range: wharf_userns::IdRange {
            first: 0x4ABC_0000,
            count: 1 << 16,
        },
        stage: "/mnt/stage/web".into(),
    };
    assert!(!masked(&build_within(Some(user), unmask).unwrap()));
}
