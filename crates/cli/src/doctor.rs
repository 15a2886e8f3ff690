//! `wharf doctor`: what this machine lacks, and how to fix it.

mod fargate;
mod machines;
mod names;
mod networks;
mod restarts;
mod running;

use std::{
    fs,
    net::Ipv4Addr,
    path::Path,
    process::{Command, ExitCode},
};

use nix::sys::{
    resource::{Resource, getrlimit},
    statvfs::statvfs,
};
use serde_json::json;

pub use running::near_limits;

use crate::{kernel_modules, layout::Layout, problem::Problem, roles, style::Style};

/// Fargate's default for open files.
const WANTED_FILES: u64 = 65_535;
/// Images and logs need room.
const WANTED_FREE_BYTES: u64 = 2 << 30;
const TASK_DISKS_REMEDY: &str =
    "install e2fsprogs; `modprobe -a loop ext4` says why they could not be loaded";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    /// Works, with less.
    Doubtful,
    /// `wharf up` will not work.
    Bad,
}

struct Finding {
    verdict: Verdict,
    what: &'static str,
    detail: String,
    /// Empty when there is nothing to do.
    remedy: String,
}

pub fn run(data: &Path, port: u16, as_json: bool) -> Result<ExitCode, Problem> {
    kernel_modules::load();
    let layout = Layout::new(data)?;
    let mut findings = vec![
        root(),
        namespaces(),
        overlay(),
        cgroups(),
        seccomp(),
        networks::packet_filter(),
        networks::of_tasks(),
        networks::between_hosts(),
        fargate::user_namespaces(layout.root()),
        open_files(),
        task_disks(),
        machines::processors(),
        free_port(&layout, port),
        disk(layout.root()),
        aws_tools(),
        names::balancer_names(),
    ];
    findings.extend(restarts::findings(&layout));
    findings.extend(running::findings(&layout));
    let broken = findings
        .iter()
        .any(|finding| finding.verdict == Verdict::Bad);
    if as_json {
        let rows: Vec<_> = findings
            .iter()
            .map(|it| {
                let verdict = format!("{:?}", it.verdict).to_lowercase();
                json!({"check": it.what, "verdict": verdict, "detail": it.detail, "remedy": it.remedy})
            })
            .collect();
        println!("{}", json!({ "checks": rows }));
    } else {
        print(&findings);
    }
    Ok(if broken {
        ExitCode::from(4)
    } else {
        ExitCode::SUCCESS
    })
}

/// What a node cannot do without, before anything is made. Loads what the kernel has not loaded yet.
pub fn require() -> Result<(), Problem> {
    kernel_modules::load();
    let broken = [
        namespaces,
        overlay,
        cgroups,
        seccomp,
        networks::packet_filter,
        networks::of_tasks,
    ]
    .into_iter()
    .map(|check| check())
    .find(|finding| finding.verdict == Verdict::Bad);
    broken.map_or(Ok(()), |it| {
        Err(Problem::Kernel {
            feature: format!("{}: {}", it.what, it.detail),
            remedy: it.remedy,
        })
    })
}

fn print(findings: &[Finding]) {
    let style = Style::of_stdout();
    let width = findings.iter().map(|it| it.what.len()).max().unwrap_or(0);
    for finding in findings {
        let mark = match finding.verdict {
            Verdict::Good => style.good("ok  "),
            Verdict::Doubtful => style.doubtful("warn"),
            Verdict::Bad => style.bad("FAIL"),
        };
        println!("{mark}  {:width$}  {}", finding.what, finding.detail);
        if !finding.remedy.is_empty() {
            println!(
                "{:width$}  {}",
                "",
                style.faint(&format!("      → {}", finding.remedy))
            );
        }
    }
}

fn finding(
    what: &'static str,
    good: bool,
    otherwise: Verdict,
    detail: impl Into<String>,
    remedy: &str,
) -> Finding {
    Finding {
        verdict: if good { Verdict::Good } else { otherwise },
        what,
        detail: detail.into(),
        remedy: if good {
            String::new()
        } else {
            remedy.to_owned()
        },
    }
}

fn root() -> Finding {
    let good = roles::require_root().is_ok();
    let detail = if good {
        "this is root"
    } else {
        "this is not root"
    };
    finding("root", good, Verdict::Bad, detail, "run wharf with sudo")
}

fn namespaces() -> Finding {
    let missing: Vec<&str> = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"]
        .into_iter()
        .filter(|kind| !Path::new("/proc/self/ns").join(kind).exists())
        .collect();
    let detail = if missing.is_empty() {
        "all kinds".to_owned()
    } else {
        format!("missing: {}", missing.join(", "))
    };
    finding(
        "namespaces",
        missing.is_empty(),
        Verdict::Bad,
        detail,
        "use a kernel built with namespaces",
    )
}

fn overlay() -> Finding {
    let good = kernel_modules::has_file_system("overlay");
    let detail = if good {
        "overlayfs"
    } else {
        "the kernel has no overlayfs, and none could be loaded"
    };
    finding(
        "image layers",
        good,
        Verdict::Bad,
        detail,
        "use a kernel that has it: `modprobe overlay` says why it could not be loaded",
    )
}

fn cgroups() -> Finding {
    const NEEDED: [&str; 3] = ["cpu", "memory", "pids"];
    let unified = fs::read_to_string("/sys/fs/cgroup/cgroup.controllers").unwrap_or_default();
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let missing: Vec<&str> = NEEDED
        .into_iter()
        .filter(|controller| {
            let on_v2 = unified.split_whitespace().any(|known| known == *controller);
            let on_v1 = mounts.lines().any(|line| {
                let mut fields = line.split(' ').skip(2);
                fields.next() == Some("cgroup")
                    && fields
                        .next()
                        .is_some_and(|o| o.split(',').any(|o| o == *controller))
            });
            !(on_v2 || on_v1)
        })
        .collect();
    let version = if unified.is_empty() {
        "version 1"
    } else {
        "version 2"
    };
    let detail = if missing.is_empty() {
        version.to_owned()
    } else {
        format!("{version}, missing: {}", missing.join(", "))
    };
    finding(
        "resource limits",
        missing.is_empty(),
        Verdict::Bad,
        detail,
        "mount the cgroup file system with the cpu, memory and pids controllers",
    )
}

fn seccomp() -> Finding {
    let actions = fs::read_to_string("/proc/sys/kernel/seccomp/actions_avail").unwrap_or_default();
    let good = actions.split_whitespace().any(|action| action == "errno");
    let detail = if good {
        "seccomp filters"
    } else {
        "seccomp filters are missing"
    };
    finding(
        "system call filter",
        good,
        Verdict::Bad,
        detail,
        "use a kernel built with CONFIG_SECCOMP_FILTER",
    )
}

fn open_files() -> Finding {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((0, 0));
    finding(
        "open files",
        hard >= WANTED_FILES,
        Verdict::Doubtful,
        format!("hard limit {hard}"),
        "raise LimitNOFILE to 65535 or more; tasks get this machine's limit until then",
    )
}

/// Tasks have file systems of their own, so that none fills the machine's disk.
fn task_disks() -> Finding {
    let formats = ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4"]
        .iter()
        .any(|path| Path::new(path).exists());
    let mounts = kernel_modules::has_file_system("ext4");
    let loops = Path::new("/dev/loop-control").exists();
    let missing: Vec<&str> = [
        (formats, "mkfs.ext4"),
        (mounts, "ext4"),
        (loops, "/dev/loop-control"),
    ]
    .into_iter()
    .filter_map(|(there, name)| (!there).then_some(name))
    .collect();
    let detail = if missing.is_empty() {
        "loop devices, ext4".to_owned()
    } else {
        format!(
            "nothing limits what a task writes; missing: {}",
            missing.join(", ")
        )
    };
    finding(
        "task disks",
        missing.is_empty(),
        Verdict::Doubtful,
        detail,
        TASK_DISKS_REMEDY,
    )
}

fn free_port(layout: &Layout, port: u16) -> Finding {
    if layout.running_supervisor().is_some() {
        return finding("port", true, Verdict::Bad, "wharf is running", "");
    }
    let good = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let detail = if good {
        format!("{port} is free")
    } else {
        format!("{port} is in use")
    };
    finding(
        "port",
        good,
        Verdict::Bad,
        detail,
        "choose another with `wharf up --port N`",
    )
}

fn disk(data: &Path) -> Finding {
    let there = data
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    let free = statvfs(there)
        .map(|it| it.blocks_available() * it.fragment_size())
        .unwrap_or(0);
    finding(
        "disk",
        free >= WANTED_FREE_BYTES,
        Verdict::Doubtful,
        format!(
            "{:.1} GiB free for {}",
            free as f64 / f64::from(1 << 30),
            data.display()
        ),
        "make room, or keep the data elsewhere with --data",
    )
}

/// Those that `wharf env` can point somewhere: older ones do not read AWS_ENDPOINT_URL, and would take
/// wharf's keys to AWS.
fn aws_tools() -> Finding {
    let asked = Command::new("aws").arg("--version").output();
    let said = asked.map(|done| String::from_utf8_lossy(&done.stdout).into_owned());
    let version = said.ok().as_deref().and_then(aws_version);
    judge_aws(version)
}

fn judge_aws(version: Option<(u32, u32)>) -> Finding {
    const WHAT: &str = "AWS tools";
    let (good, detail) = match version {
        Some((major, minor)) => (
            major > 2 || (major == 2 && minor >= 13) || (major == 1 && minor >= 29),
            format!("aws {major}.{minor}"),
        ),
        None => (false, "no aws command line".to_owned()),
    };
    if good && version.is_some_and(|(major, _)| major < 2) {
        return Finding {
            verdict: Verdict::Good,
            what: WHAT,
            detail: format!("{detail}, which has no `aws logs tail`"),
            remedy: "use `wharf logs`, or get version 2.13 or newer".to_owned(),
        };
    }
    finding(
        WHAT,
        good,
        Verdict::Doubtful,
        detail,
        "get version 2.13 or newer; an older one needs --endpoint-url \"$AWS_ENDPOINT_URL\" with every command",
    )
}

/// `aws-cli/2.9.19 Python/3.11.2 …`
fn aws_version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.strip_prefix("aws-cli/")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_without_logs_tail_says_so() {
        let judged = |version| {
            let found = judge_aws(version);
            (found.verdict, found.detail, found.remedy)
        };
        let (verdict, detail, remedy) = judged(Some((1, 45)));
        assert_eq!(verdict, Verdict::Good);
        assert!(detail.contains("logs tail") && remedy.contains("wharf logs"));
        let (verdict, detail, remedy) = judged(Some((2, 13)));
        assert_eq!(
            (verdict, detail.as_str(), remedy.as_str()),
            (Verdict::Good, "aws 2.13", "")
        );
        for lacking in [None, Some((2, 9)), Some((1, 28))] {
            let (verdict, _, remedy) = judged(lacking);
            assert!(verdict == Verdict::Doubtful && remedy.contains("2.13"));
        }
    }

    #[test]
    fn several_modules_are_named_as_modules() {
        // Without -a modprobe takes the second name for a parameter of the first module.
        assert!(TASK_DISKS_REMEDY.contains("modprobe -a loop ext4"));
    }

    #[test]
    fn versions_of_the_command_line() {
        let said = "aws-cli/2.9.19 Python/3.11.2 Linux/6.1 source/x86_64.debian.12 prompt/off";
        assert_eq!(aws_version(said), Some((2, 9)));
        assert_eq!(
            aws_version("aws-cli/1.45.5 md/Botocore#1.44.5"),
            Some((1, 45))
        );
        assert_eq!(aws_version("usage: aws"), None);
    }
}
