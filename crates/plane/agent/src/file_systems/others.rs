//! File systems that nobody tells of any more: deleted while this machine was away, or another's by now. What is on them stays;
//! their programs end, and no key of theirs and nothing in the clear is left.

use std::{collections::BTreeMap, io, time::Duration};

use tokio::{task::spawn_blocking, time::Instant};
use wharf_sealed_file::{Shown, state};

use super::{FOLDER, FileSystems, Told, disk, end};
use crate::assigned::is_id;

/// They are told of once more if it is by mistake that they are not.
const PATIENCE: Duration = Duration::from_secs(30);

impl FileSystems {
    /// `others`: since when each is one of them.
    pub(super) fn end_others(&self, told: &Told, others: &mut BTreeMap<String, Instant>) {
        let now = Instant::now();
        let entries = std::fs::read_dir(self.parts.node.join(FOLDER));
        let found = entries.into_iter().flatten().flatten();
        let found = found.filter_map(|it| it.file_name().into_string().ok());
        let found = found.filter(|id| is_id(id, "fs-", 40) && !told.contains_key(id));
        *others = since(found, others, now);
        let opening = &self.parts.opening;
        opening.keep(|id| told.contains_key(id) || others.contains_key(id));
        let is_over = |at: &Instant| now.duration_since(*at) >= PATIENCE;
        for (id, _) in others.iter().filter(|(_, at)| is_over(at)) {
            let (socket, image) = (self.socket(id), disk::image(&self.folder(id)));
            let is_open = socket.exists() || !matches!(state(&image), Ok(Shown::No));
            if !is_open || !opening.is_due(id) {
                continue;
            }
            let Some(under_way) = opening.begin(id) else {
                continue;
            };
            let (id, opening) = (id.clone(), opening.clone());
            spawn_blocking(move || {
                let ended = end(&socket).and_then(|()| disk::shut(&image));
                let ended = ended.and_then(|()| match std::fs::remove_file(&socket) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    _ => Ok(()),
                });
                match ended {
                    Ok(()) => {
                        opening.was_opened(&id);
                        tracing::info!(
                            file_system = id,
                            "shut a file system that is none any more"
                        );
                    }
                    Err(error) => opening.failed(&id, &error.into()),
                }
                drop(under_way);
            });
        }
    }
}

fn since(
    found: impl Iterator<Item = String>,
    before: &BTreeMap<String, Instant>,
    now: Instant,
) -> BTreeMap<String, Instant> {
    let with_time = |id: String| {
        let at = before.get(&id).copied().unwrap_or(now);
        (id, at)
    };
    found.map(with_time).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_told_of_again_has_all_of_the_time_again() {
        let (first, later) = (Instant::now(), Instant::now() + PATIENCE);
        let found = |ids: &[&str]| ids.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let one = since(found(&["fs-1"]).into_iter(), &BTreeMap::new(), first);
        let both = since(found(&["fs-1", "fs-2"]).into_iter(), &one, later);
        assert_eq!((both["fs-1"], both["fs-2"]), (first, later));
        let none = since(Vec::new().into_iter(), &both, later);
        assert!(none.is_empty());
    }
}
