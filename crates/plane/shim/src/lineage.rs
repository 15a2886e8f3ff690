//! Whose child a process is.
//!
//! A process that is about to become a container's program reports its number over a pipe that it
//! still holds when others in its PID namespace can see it. One of them that may trace it could
//! report any number of the host's; the shim would signal that process. So a number is believed only
//! if the kernel says that it is the shim's offspring: at worst another process of the same task.

use std::fs;

/// Whether the process's parent is this one, or one of `between`.
pub fn is_offspring(pid: i32, between: &[i32]) -> bool {
    parent_of(pid).is_some_and(|parent| {
        parent > 0 && (parent == std::process::id() as i32 || between.contains(&parent))
    })
}

/// Also of one that has ended and is not reaped yet.
fn parent_of(pid: i32) -> Option<i32> {
    if pid <= 1 {
        return None;
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may contain anything.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_children_are_offspring() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let pid = child.id() as i32;
        assert!(is_offspring(pid, &[]));
        assert!(!is_offspring(std::process::id() as i32, &[]));
        let parent = std::os::unix::process::parent_id() as i32;
        assert!(is_offspring(std::process::id() as i32, &[parent]));
        for wrong in [-1, 0, 1, i32::MAX] {
            assert!(!is_offspring(wrong, &[0]), "{wrong}");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!is_offspring(pid, &[]), "reaped");
    }
}
