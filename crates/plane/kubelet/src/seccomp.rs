//! Which system calls a container may make, by the profile that its pod names. Profiles of type `Localhost` are files of the node, below
//! the folder where upstream's kubelet has them.
//!
//! Whoever may write files of an instance writes its profiles. So one of them says what of the calls that containers have anyway is left,
//! unless the operator of the machine lends containers all of them: then it stands alone, as it does upstream.

use std::path::{Component, Path, PathBuf};

use tokio::task::JoinError;
use wharf_container::spec::{BadProfile, MOST_PROFILE, Profile, SystemCalls};

use crate::{
    machine::{Machine, MachineError},
    pod::{self, Container, Pod},
};

const FOLDER: &str = "/var/lib/kubelet/seccomp";

/// Why a container cannot have the profile that it names.
#[derive(Debug, thiserror::Error)]
pub enum BadSeccomp {
    #[error("localhostProfile {0:?} is no path below {FOLDER}")]
    Place(String),
    #[error("cannot load seccomp profile {:?}", .path.display())]
    Profile {
        path: PathBuf,
        source: Box<NotLoaded>,
    },
    #[error("a seccomp profile of type {0} is not to be had")]
    Kind(String),
}

/// Why a file is not read as a profile.
#[derive(Debug, thiserror::Error)]
pub enum NotLoaded {
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    Profile(#[from] BadProfile),
    #[error(transparent)]
    Task(#[from] JoinError),
}

/// A container's own, else its pod's.
fn named<'a>(pod: &'a Pod, of: &'a Container) -> Option<&'a pod::Profile> {
    let own = of.security_context.seccomp_profile.as_ref();
    own.or(pod.spec.security_context.seccomp_profile.as_ref())
}

/// # Errors
/// Its profile cannot be had.
pub async fn system_calls(
    machine: &dyn Machine,
    pod: &Pod,
    of: &Container,
) -> Result<SystemCalls, BadSeccomp> {
    if of.security_context.privileged == Some(true) {
        // Upstream, no profile holds it; here the one does that each has, as far as its capabilities go.
        return Ok(match machine.lends().all_calls {
            true => SystemCalls::All,
            false => SystemCalls::Default,
        });
    }
    let Some(named) = named(pod, of) else {
        return Ok(SystemCalls::Default);
    };
    match named.kind.as_str() {
        // Looked at again: the pod may have been taken when its machine lent more.
        "Unconfined" if machine.lends().all_calls => Ok(SystemCalls::All),
        "RuntimeDefault" => Ok(SystemCalls::Default),
        "Localhost" => {
            let file = named.file.as_deref().unwrap_or_default();
            let path = place(file).ok_or_else(|| BadSeccomp::Place(file.to_owned()))?;
            let loaded = load(|most| machine.read_file(&path, most)).await;
            match loaded {
                Ok(profile) => Ok(SystemCalls::Of {
                    profile,
                    alone: machine.lends().all_calls,
                }),
                Err(why) => Err(BadSeccomp::Profile {
                    path,
                    source: Box::new(why),
                }),
            }
        }
        other => Err(BadSeccomp::Kind(other.to_owned())),
    }
}

/// `read` has up to a number of bytes of its file.
async fn load<F>(read: impl FnOnce(u64) -> F) -> Result<Profile, NotLoaded>
where
    F: Future<Output = Result<Vec<u8>, MachineError>>,
{
    // One more tells that it is too large.
    let most = u64::try_from(MOST_PROFILE).unwrap_or(u64::MAX);
    let json = read(most.saturating_add(1)).await?;
    // It takes a while to compile.
    let compiled = tokio::task::spawn_blocking(move || Profile::read(&json)).await?;
    compiled.map_err(NotLoaded::Profile)
}

fn place(file: &str) -> Option<PathBuf> {
    let path = Path::new(file);
    let is_plain = |it: Component<'_>| matches!(it, Component::Normal(_));
    let is_below = !file.is_empty() && path.components().all(is_plain);
    is_below.then(|| Path::new(FOLDER).join(path))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn profiles_are_below_their_folder() {
        let at = |file: &str| place(file).map(|it| it.display().to_string());
        let expected = "/var/lib/kubelet/seccomp/profiles/audit.json";
        assert_eq!(at("profiles/audit.json").as_deref(), Some(expected));
        for file in ["", "/etc/x", "../x", "a/../../x", "."] {
            assert_eq!(at(file), None, "{file}");
        }
    }

    #[tokio::test]
    async fn a_profile_that_is_too_large_is_called_so() {
        let of = |bytes: usize| {
            load(move |most| async move {
                let mut json = br#"{"defaultAction": "SCMP_ACT_ALLOW"}"#.to_vec();
                json.resize(bytes, b' ');
                json.truncate(usize::try_from(most).unwrap());
                Ok(json)
            })
        };
        assert!(of(MOST_PROFILE).await.is_ok());
        for bytes in [MOST_PROFILE + 1, 2 * MOST_PROFILE] {
            let error = of(bytes).await.unwrap_err().to_string();
            assert!(error.contains("larger than"), "{error}");
        }
        let missing = load(|_| async { Err(MachineError::NoFiles) }).await;
        let missing = missing.unwrap_err();
        assert!(matches!(missing, NotLoaded::Machine(MachineError::NoFiles)));
    }

    #[test]
    fn a_container_has_its_own_profile_before_that_of_its_pod() {
        let profile = |kind: &str| json!({"seccompProfile": {"type": kind}});
        let pod = Pod::read(&json!({"spec": {
            "securityContext": profile("RuntimeDefault"),
            "containers": [
                {"name": "own", "securityContext": profile("Localhost")},
                {"name": "of-pod"},
            ],
        }}))
        .unwrap();
        let kinds: Vec<&str> = pod
            .all_containers()
            .map(|it| named(&pod, it).unwrap().kind.as_str())
            .collect();
        assert_eq!(kinds, ["Localhost", "RuntimeDefault"]);
    }
}
