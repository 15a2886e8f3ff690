//! Which AppArmor profile a container has. Pure but for what it is told of the machine.
//!
//! As upstream, a pod that asks for one is rejected on a machine whose kernel enforces none. `RuntimeDefault` is what each container has there.

use std::collections::BTreeSet;

use crate::pod::{Container, Pod, Profile};

/// The reason of the status of a pod that is rejected.
pub const REASON: &str = "AppArmor";

/// The profiles that are loaded on a machine; `None` where its kernel enforces none.
pub type Loaded = Option<BTreeSet<String>>;

/// A container's own, else its pod's.
fn named<'a>(pod: &'a Pod, of: &'a Container) -> Option<&'a Profile> {
    let own = of.security_context.app_armor_profile.as_ref();
    own.or(pod.spec.security_context.app_armor_profile.as_ref())
}

/// Why a pod cannot be here. The machine is asked only about a pod that names a profile.
pub fn refused(pod: &Pod, loaded: impl FnOnce() -> Loaded) -> Option<String> {
    let whole = pod.spec.security_context.app_armor_profile.as_ref();
    let own = pod.all_containers();
    let own = own.filter_map(|it| it.security_context.app_armor_profile.as_ref());
    if whole
        .into_iter()
        .chain(own)
        .all(|it| it.kind == "Unconfined")
    {
        return None;
    }
    let loaded = loaded();
    let why = match &loaded {
        None => "AppArmor is not enabled on the host".to_owned(),
        Some(_) => pod
            .all_containers()
            .find_map(|it| profile(pod, it, &loaded).err())?
            .to_string(),
    };
    Some(format!("Pod was rejected: Cannot enforce AppArmor: {why}"))
}

/// Why a container cannot have the profile that it names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoProfile {
    #[error("apparmor is not supported")]
    NotSupported,
    #[error("profile {0:?} is not loaded")]
    NotLoaded(String),
    #[error("unknown AppArmor profile type: {0:?}")]
    Kind(String),
}

/// What a container is to run under beyond what each has.
///
/// # Errors
/// It is not to be had.
pub fn profile(pod: &Pod, of: &Container, loaded: &Loaded) -> Result<Option<String>, NoProfile> {
    let Some(named) = named(pod, of).filter(|it| it.kind != "Unconfined") else {
        return Ok(None);
    };
    let Some(loaded) = loaded else {
        return Err(NoProfile::NotSupported);
    };
    match (named.kind.as_str(), named.file.as_deref()) {
        ("RuntimeDefault", _) => Ok(None),
        ("Localhost", Some(name)) if loaded.contains(name) => Ok(Some(name.to_owned())),
        ("Localhost", name) => {
            let name = name.unwrap_or_default();
            Err(NoProfile::NotLoaded(name.to_owned()))
        }
        (other, _) => Err(NoProfile::Kind(other.to_owned())),
    }
}

/// Of the kernel's list, with the mode of each behind its name: those that hold whom they are put on.
pub fn names(list: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        let (name, mode) = line.rsplit_once(" (")?;
        matches!(mode, "enforce)" | "kill)").then(|| name.to_owned())
    };
    list.lines().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::{Value, json};

    use super::*;

    fn pod(whole: &str, own: &str) -> Pod {
        let context = |kind: &str| match kind {
            "" => Value::Null,
            "RuntimeDefault" | "Unconfined" | "Other" => json!({"type": kind}),
            name => json!({"type": "Localhost", "localhostProfile": name}),
        };
        let security = |kind: &str| json!({"appArmorProfile": context(kind)});
        let container = json!({"name": "a", "securityContext": security(own)});
        Pod::read(&json!({"metadata": {"name": "p"},
            "spec": {"securityContext": security(whole), "containers": [{"name": "b"}, container]}}))
        .unwrap()
    }

    #[test]
    fn profiles_are_had_where_the_kernel_enforces_them() {
        let rejected =
            |why: &str| Some(format!("Pod was rejected: Cannot enforce AppArmor: {why}"));
        let off = || rejected("AppArmor is not enabled on the host");
        let missing = || rejected("profile \"k8s-none\" is not loaded");
        let loaded = Some(names(
            "k8s-mine (enforce)\nk8s mine too (kill)\nk8s-lax (complain)\nk8s-none (unconfined)\nbroken\n",
        ));
        for (whole, own, without, with) in [
            ("", "", None, None),
            ("Unconfined", "", None, None),
            ("", "Unconfined", None, None),
            ("RuntimeDefault", "", off(), None),
            ("RuntimeDefault", "Unconfined", off(), None),
            ("Unconfined", "k8s-mine", off(), None),
            ("k8s mine too", "", off(), None),
            ("", "k8s-none", off(), missing()),
            (
                "",
                "k8s-lax",
                off(),
                rejected("profile \"k8s-lax\" is not loaded"),
            ),
            ("k8s-none", "k8s-mine", off(), missing()),
            (
                "",
                "Other",
                off(),
                rejected("unknown AppArmor profile type: \"Other\""),
            ),
        ] {
            let pod = pod(whole, own);
            let asked = Cell::new(false);
            let none = || {
                asked.set(true);
                None
            };
            assert_eq!(refused(&pod, none), without, "{whole} {own}");
            assert_eq!(asked.get(), without.is_some(), "{whole} {own}");
            assert_eq!(refused(&pod, || loaded.clone()), with, "{whole} {own}");
        }
        let mine = pod("RuntimeDefault", "k8s-mine");
        let of =
            |name: &str, loaded: &Loaded| profile(&mine, mine.container(name).unwrap(), loaded);
        assert_eq!(of("a", &loaded), Ok(Some("k8s-mine".to_owned())));
        assert_eq!(of("b", &loaded), Ok(None));
        assert!(of("a", &None).is_err() && of("b", &None).is_err());
    }
}
