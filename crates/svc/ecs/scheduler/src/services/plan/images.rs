//! Which digests the tasks of a deployment run: what the control plane could not tell when the deployment
//! began, the first task that pulled it tells.

use super::{Plan, Seen};

/// Takes over what tasks of the PRIMARY deployment told, the oldest first; what is settled stays.
pub(super) fn settle(plan: &mut Plan, tasks: &[Seen]) {
    let Some(primary) = plan.service.deployments.first_mut() else {
        return;
    };
    let id = primary.id().to_owned();
    let open = primary.revision.images.iter_mut();
    for image in open.filter(|image| image.digest.is_none() && !image.moving) {
        let mut told = tasks
            .iter()
            .filter(|task| task.deployment == id)
            .flat_map(|task| &task.digests);
        let found = told.find(|(container, _)| *container == image.container);
        image.digest = found.map(|(_, digest)| digest.clone());
    }
}

#[cfg(test)]
mod tests {
    use wharf_base::Timestamp;
    use wharf_records::ecs::RevisionImage;

    use super::super::{
        plan,
        tests::{service, task},
    };
    use crate::services::observe::{Observed, Seen};

    fn image(container: &str, digest: Option<&str>, moving: bool) -> RevisionImage {
        RevisionImage {
            container: container.to_owned(),
            image: format!("example.com/{container}:1"),
            digest: digest.map(str::to_owned),
            moving,
        }
    }

    fn pulled(number: usize, deployment: &str, digest: &str) -> Seen {
        let of = |container: &str| (container.to_owned(), digest.to_owned());
        Seen {
            digests: vec![of("main"), of("side"), of("moving")],
            ..task(number, deployment)
        }
    }

    #[test]
    fn the_first_task_of_the_deployment_tells_what_is_not_settled() {
        let mut service = service(3, &["2", "1"]);
        service.deployments[0].revision.images = vec![
            image("main", None, false),
            image("side", Some("sha256:settled"), false),
            image("moving", None, true),
        ];
        let tasks = vec![
            pulled(0, "1", "sha256:old"),
            task(1, "2"),
            pulled(2, "2", "sha256:first"),
            pulled(3, "2", "sha256:later"),
        ];
        let observed = Observed {
            tasks,
            ..Observed::default()
        };
        let planned = plan(&service, &observed, Timestamp(1_000_000));
        let images = &planned.service.deployments[0].revision.images;
        let digests: Vec<_> = images.iter().map(|it| it.digest.as_deref()).collect();
        assert_eq!(
            digests,
            [Some("sha256:first"), Some("sha256:settled"), None]
        );
        // Nothing of it changes at the next look.
        let again = plan(&planned.service, &observed, Timestamp(1_000_000));
        assert_eq!(again.service.deployments[0].revision.images, *images);
    }
}
