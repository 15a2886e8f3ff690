//! What a group has used, read from its files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::CgroupError;

/// Usage of one group; counters only grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    pub cpu_ns: u64,
    pub cpu_user_ns: u64,
    pub cpu_system_ns: u64,
    pub throttled_periods: u64,
    pub throttled_ns: u64,
    /// With page cache.
    pub memory_bytes: u64,
    pub memory_cache_bytes: u64,
    /// File pages that would be reclaimed first; Docker subtracts these from usage.
    pub memory_inactive_file_bytes: u64,
    /// Largest seen; 0 where the kernel does not say.
    pub memory_max_bytes: u64,
    /// `None`: none set.
    pub memory_limit_bytes: Option<u64>,
    pub pids: u64,
    /// `None`: none set.
    pub pids_limit: Option<u64>,
    pub read_bytes: u64,
    pub write_bytes: u64,
    /// Processes that the kernel killed for want of memory; 0 where it does not say.
    pub oom_kills: u64,
}

/// As much of [`Stats`] as is cheap enough to be read every second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Glance {
    pub cpu_ns: u64,
    /// With page cache.
    pub memory_bytes: u64,
    pub memory_inactive_file_bytes: u64,
}

/// The number behind `key` in lines of `key value`.
pub(crate) fn keyed(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        line.strip_prefix(key)?
            .strip_prefix(' ')?
            .trim()
            .parse()
            .ok()
    })
}

pub(crate) fn read_v1(folder: impl Fn(&str) -> Option<PathBuf>) -> Result<Stats, CgroupError> {
    let memory = Files(folder("memory").ok_or(CgroupError::NoHierarchy)?);
    let cpu = folder("cpu").map(Files);
    let cpuacct = folder("cpuacct").map(Files);
    let memory_stat = memory.text("memory.stat")?;
    let throttle = cpu
        .as_ref()
        .map(|f| f.text("cpu.stat"))
        .transpose()?
        .unwrap_or_default();
    let io = folder("blkio")
        .map(|f| Files(f).text("blkio.throttle.io_service_bytes"))
        .transpose()?
        .unwrap_or_default();
    let account = |name: &str| {
        cpuacct
            .as_ref()
            .map(|f| f.number(name))
            .transpose()
            .map(Option::unwrap_or_default)
    };
    Ok(Stats {
        cpu_ns: account("cpuacct.usage")?,
        cpu_user_ns: account("cpuacct.usage_user")?,
        cpu_system_ns: account("cpuacct.usage_sys")?,
        throttled_periods: keyed(&throttle, "nr_throttled").unwrap_or(0),
        throttled_ns: keyed(&throttle, "throttled_time").unwrap_or(0),
        memory_bytes: memory.number("memory.usage_in_bytes")?,
        memory_cache_bytes: keyed(&memory_stat, "total_cache").unwrap_or(0),
        memory_inactive_file_bytes: keyed(&memory_stat, "total_inactive_file").unwrap_or(0),
        memory_max_bytes: memory.number("memory.max_usage_in_bytes")?,
        // The default is the largest number of pages, in bytes.
        memory_limit_bytes: Some(memory.number("memory.limit_in_bytes")?)
            .filter(|limit| *limit < 1 << 60),
        pids: folder("pids")
            .map(|f| Files(f).number("pids.current"))
            .transpose()?
            .unwrap_or(0),
        pids_limit: folder("pids")
            .map(|f| Files(f).text("pids.max"))
            .transpose()?
            .and_then(|text| text.trim().parse().ok()),
        read_bytes: sum_v1_io(&io, "Read"),
        write_bytes: sum_v1_io(&io, "Write"),
        oom_kills: keyed(&memory.text("memory.oom_control")?, "oom_kill").unwrap_or(0),
    })
}

pub(crate) fn glance_v1(folder: impl Fn(&str) -> Option<PathBuf>) -> Result<Glance, CgroupError> {
    let memory = Files(folder("memory").ok_or(CgroupError::NoHierarchy)?);
    let cpu = folder("cpuacct").map(|it| Files(it).number("cpuacct.usage"));
    Ok(Glance {
        cpu_ns: cpu.transpose()?.unwrap_or(0),
        memory_bytes: memory.number("memory.usage_in_bytes")?,
        memory_inactive_file_bytes: keyed(&memory.text("memory.stat")?, "total_inactive_file")
            .unwrap_or(0),
    })
}

pub(crate) fn glance_v2(folder: &Path) -> Result<Glance, CgroupError> {
    let files = Files(folder.to_owned());
    let micros = keyed(&files.text("cpu.stat")?, "usage_usec").unwrap_or(0);
    Ok(Glance {
        cpu_ns: micros.saturating_mul(1000),
        memory_bytes: files.number("memory.current")?,
        memory_inactive_file_bytes: keyed(&files.text("memory.stat")?, "inactive_file")
            .unwrap_or(0),
    })
}

pub(crate) fn read_v2(folder: &Path) -> Result<Stats, CgroupError> {
    let files = Files(folder.to_owned());
    let cpu = files.text("cpu.stat")?;
    let memory = files.text("memory.stat")?;
    let io = files.text("io.stat")?;
    let micros = |key| keyed(&cpu, key).unwrap_or(0).saturating_mul(1000);
    Ok(Stats {
        cpu_ns: micros("usage_usec"),
        cpu_user_ns: micros("user_usec"),
        cpu_system_ns: micros("system_usec"),
        throttled_periods: keyed(&cpu, "nr_throttled").unwrap_or(0),
        throttled_ns: micros("throttled_usec"),
        memory_bytes: files.number("memory.current")?,
        memory_cache_bytes: keyed(&memory, "file").unwrap_or(0),
        memory_inactive_file_bytes: keyed(&memory, "inactive_file").unwrap_or(0),
        memory_max_bytes: files.number("memory.peak")?,
        memory_limit_bytes: files.text("memory.max")?.trim().parse().ok(),
        pids: files.number("pids.current")?,
        pids_limit: files.text("pids.max")?.trim().parse().ok(),
        read_bytes: sum_v2_io(&io, "rbytes="),
        write_bytes: sum_v2_io(&io, "wbytes="),
        oom_kills: keyed(&files.text("memory.events")?, "oom_kill").unwrap_or(0),
    })
}

struct Files(PathBuf);

impl Files {
    /// Empty if the file is absent: which files exist depends on the kernel.
    fn text(&self, name: &str) -> Result<String, CgroupError> {
        let path = self.0.join(name);
        match fs::read_to_string(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && self.0.exists() => {
                Ok(String::new())
            }
            other => other.map_err(CgroupError::io("read", path)),
        }
    }

    fn number(&self, name: &str) -> Result<u64, CgroupError> {
        Ok(self.text(name)?.trim().parse().unwrap_or(0))
    }
}

/// Lines of `8:0 Read 4096`.
fn sum_v1_io(text: &str, operation: &str) -> u64 {
    text.lines()
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            fields.next()?;
            (fields.next()? == operation)
                .then(|| fields.next()?.parse::<u64>().ok())
                .flatten()
        })
        .sum()
}

/// Lines of `8:0 rbytes=4096 wbytes=0 …`.
fn sum_v2_io(text: &str, prefix: &str) -> u64 {
    text.split_ascii_whitespace()
        .filter_map(|field| field.strip_prefix(prefix)?.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_2_files_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        put(
            "cpu.stat",
            "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_throttled 2\n",
        );
        put("memory.stat", "anon 1\nfile 4096\ninactive_file 1024\n");
        put("memory.current", "8192\n");
        put("memory.max", "max\n");
        put("pids.current", "3\n");
        put("pids.max", "7\n");
        put(
            "io.stat",
            "8:0 rbytes=10 wbytes=20 rios=1\n8:16 rbytes=1 wbytes=2\n",
        );
        let stats = read_v2(dir.path()).unwrap();
        assert_eq!((stats.cpu_ns, stats.throttled_periods), (1_500_000, 2));
        assert_eq!(
            (
                stats.memory_bytes,
                stats.memory_cache_bytes,
                stats.memory_limit_bytes
            ),
            (8192, 4096, None)
        );
        assert_eq!(
            (stats.pids, stats.read_bytes, stats.write_bytes),
            (3, 11, 22)
        );
        assert_eq!(stats.oom_kills, 0);
        put("memory.events", "oom 3\noom_kill 2\n");
        assert_eq!(read_v2(dir.path()).unwrap().oom_kills, 2);
        let glance = glance_v2(dir.path()).unwrap();
        assert_eq!((glance.cpu_ns, glance.memory_bytes), (1_500_000, 8192));
        assert_eq!(glance.memory_inactive_file_bytes, 1024);
        assert!(read_v2(&dir.path().join("absent")).is_err());
        assert!(glance_v2(&dir.path().join("absent")).is_err());
    }

    #[test]
    fn a_glance_at_version_1_says_the_same() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("memory.usage_in_bytes", "8192\n"),
            ("memory.stat", "inactive_file 1\ntotal_inactive_file 1024\n"),
            ("cpuacct.usage", "1500\n"),
            ("memory.oom_control", "oom_kill_disable 0\noom_kill 4\n"),
        ] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let folder = |_: &str| Some(dir.path().to_owned());
        let (glance, stats) = (glance_v1(folder).unwrap(), read_v1(folder).unwrap());
        assert_eq!((glance.cpu_ns, stats.cpu_ns), (1500, 1500));
        assert_eq!((glance.memory_bytes, stats.memory_bytes), (8192, 8192));
        assert_eq!(glance.memory_inactive_file_bytes, 1024);
        assert_eq!(stats.oom_kills, 4);
        assert!(glance_v1(|_| None).is_err());
    }

    #[test]
    fn keys_are_whole_words() {
        assert_eq!(
            keyed("oom_kill_disable 0\nunder_oom 0\noom_kill 4\n", "oom_kill"),
            Some(4)
        );
        assert_eq!(
            sum_v1_io("8:0 Read 7\n8:0 Write 1\n8:0 Total 8\nTotal 8\n", "Read"),
            7
        );
    }
}
