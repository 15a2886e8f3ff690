//! What it costs to look at many groups: `cargo run --release --example looks -- 100`, as root.

use std::time::{Duration, Instant};

use wharf_cgroup::{CgroupError, Group, Hierarchies, Limits};

const ROUNDS: u32 = 50;

fn main() -> Result<(), CgroupError> {
    let count: u32 = std::env::args()
        .nth(1)
        .and_then(|it| it.parse().ok())
        .unwrap_or(100);
    let hierarchies = Hierarchies::detect()?;
    let groups: Vec<Group> = (0..count)
        .map(|n| {
            let group = hierarchies.group(&format!("/wharf-looks/{n}"))?;
            group.create(&Limits::default())?;
            Ok(group)
        })
        .collect::<Result<_, CgroupError>>()?;
    let glance = each(&groups, |it| it.glance().map(drop))?;
    let stats = each(&groups, |it| it.stats().map(drop))?;
    println!("a glance: {glance:?} a group, all of the counters: {stats:?}");
    let second = glance * count + stats * count / 10;
    let share = second.as_secs_f64() * 100.0;
    println!("{count} groups, a glance each second and all every ten: {share:.2} % of a core");
    hierarchies.group("/wharf-looks")?.kill_and_remove()
}

/// How long one takes, over all of them several times.
fn each(
    groups: &[Group],
    look: impl Fn(&Group) -> Result<(), CgroupError>,
) -> Result<Duration, CgroupError> {
    let began = Instant::now();
    for _ in 0..ROUNDS {
        groups.iter().try_for_each(&look)?;
    }
    let looks = u32::try_from(groups.len()).unwrap_or(u32::MAX).max(1) * ROUNDS;
    Ok(began.elapsed() / looks)
}
