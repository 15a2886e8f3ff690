//! Which cores tasks may use that give way.

use nix::{
    sched::{CpuSet, sched_getaffinity},
    unistd::Pid,
};

/// The cores that this process may use, by their numbers.
pub(super) fn own_cores() -> Vec<usize> {
    let allowed = sched_getaffinity(Pid::this()).unwrap_or_default();
    (0..CpuSet::count())
        .filter(|core| allowed.is_set(*core).unwrap_or(false))
        .collect()
}

/// All but the first `kept` of them, but one at least, as the kernel lists them; `None` where that is all.
pub(super) fn other_cores(cores: &[usize], kept: usize) -> Option<String> {
    let kept = kept.min(cores.len().saturating_sub(1));
    let others = cores.get(kept..).filter(|_| kept > 0)?;
    let numbers: Vec<String> = others.iter().map(usize::to_string).collect();
    Some(numbers.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_that_give_way_have_a_core_everywhere() {
        let of = |cores: &[usize], kept| other_cores(cores, kept);
        assert_eq!(of(&[0, 1, 2], 1), Some("1,2".to_owned()));
        assert_eq!(of(&[4, 7], 1), Some("7".to_owned()));
        assert_eq!(of(&[0, 1, 2], 9), Some("2".to_owned()));
        assert_eq!(of(&[0], 1), None);
        assert_eq!(of(&[0, 1], 0), None);
        assert_eq!(of(&[], 1), None);
    }
}
