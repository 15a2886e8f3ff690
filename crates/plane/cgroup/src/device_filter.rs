//! The device white list of version 2: a small BPF program on the group.
//!
//! Containers keep CAP_MKNOD by default, as Docker's do, so without this filter one could make a
//! node for the host's disk and read it. The program is assembled here, one block a rule; the
//! kernel calls it for each open and mknod with the context
//! `{ u32 access << 16 | kind, u32 major, u32 minor }` and refuses on 0.

use std::{
    fs::File,
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    path::Path,
};

use crate::{CgroupError, DeviceKind, DeviceRule};

/// `struct bpf_insn`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    code: u8,
    /// Destination in the lower half, source in the upper.
    registers: u8,
    offset: i16,
    immediate: i32,
}

const LOAD_WORD: u8 = 0x61;
const MOVE_WORD: u8 = 0xbc;
const AND_IMMEDIATE: u8 = 0x54;
const SHIFT_RIGHT: u8 = 0x74;
const JUMP_UNEQUAL: u8 = 0x55;
const MOVE_IMMEDIATE: u8 = 0xb7;
const EXIT: u8 = 0x95;

const RESULT: u8 = 0;
const CONTEXT: u8 = 1;
const ACCESS: u8 = 2;
const KIND: u8 = 3;
const MAJOR: u8 = 4;
const MINOR: u8 = 5;
/// Free once the context was read.
const SCRATCH: u8 = 1;

/// BPF_DEVCG_ACC_*.
const MKNOD: i32 = 1;
const READ: i32 = 2;
const WRITE: i32 = 4;

const fn op(code: u8, destination: u8, source: u8, offset: i16, immediate: i32) -> Instruction {
    Instruction {
        code,
        registers: destination | source << 4,
        offset,
        immediate,
    }
}

/// The program for a white list. No kernel call.
pub fn program(rules: &[DeviceRule]) -> Vec<Instruction> {
    let mut program = vec![
        op(LOAD_WORD, ACCESS, CONTEXT, 0, 0),
        op(LOAD_WORD, MAJOR, CONTEXT, 4, 0),
        op(LOAD_WORD, MINOR, CONTEXT, 8, 0),
        op(MOVE_WORD, KIND, ACCESS, 0, 0),
        op(AND_IMMEDIATE, KIND, 0, 0, 0xffff),
        op(SHIFT_RIGHT, ACCESS, 0, 0, 16),
    ];
    for rule in rules {
        append_rule(&mut program, rule);
    }
    program.extend([op(MOVE_IMMEDIATE, RESULT, 0, 0, 0), op(EXIT, 0, 0, 0, 0)]);
    program
}

fn append_rule(program: &mut Vec<Instruction>, rule: &DeviceRule) {
    let kind = match rule.kind {
        DeviceKind::Block => 1,
        DeviceKind::Char => 2,
    };
    let allowed = [(rule.mknod, MKNOD), (rule.read, READ), (rule.write, WRITE)]
        .iter()
        .fold(0, |bits, (on, bit)| if *on { bits | bit } else { bits });
    let mut block = vec![op(JUMP_UNEQUAL, KIND, 0, 0, kind)];
    for (register, number) in [(MAJOR, rule.major), (MINOR, rule.minor)] {
        if let Some(number) = number {
            // Device numbers have 12 and 20 bits: larger ones match nothing either way.
            block.push(op(
                JUMP_UNEQUAL,
                register,
                0,
                0,
                i32::try_from(number).unwrap_or(i32::MAX),
            ));
        }
    }
    block.extend([
        op(MOVE_WORD, SCRATCH, ACCESS, 0, 0),
        op(AND_IMMEDIATE, SCRATCH, 0, 0, !allowed & 7),
        op(JUMP_UNEQUAL, SCRATCH, 0, 0, 0),
        op(MOVE_IMMEDIATE, RESULT, 0, 0, 1),
        op(EXIT, 0, 0, 0, 0),
    ]);
    let len = block.len();
    for (at, instruction) in block.iter_mut().enumerate() {
        if instruction.code == JUMP_UNEQUAL {
            // To the first instruction behind this block, counted from the next one.
            instruction.offset = (len - at - 1) as i16;
        }
    }
    program.extend(block);
}

/// Loads the filter and attaches it to the group's folder; it goes away with the group.
pub fn attach(folder: &Path, rules: &[DeviceRule]) -> Result<(), CgroupError> {
    let failed = |step| {
        move |source| CgroupError::DeviceFilter {
            step,
            path: folder.to_owned(),
            source,
        }
    };
    let group = File::open(folder).map_err(failed("open the group"))?;
    let loaded = load(&program(rules)).map_err(failed("load the program"))?;
    let mut attr = Attach {
        target: group.as_raw_fd() as u32,
        program: loaded.as_raw_fd() as u32,
        kind: ATTACH_CGROUP_DEVICE,
        flags: ALLOW_MULTI,
    };
    // SAFETY: `attr` is a valid `union bpf_attr` prefix for this command, and outlives the call.
    unsafe { bpf(PROG_ATTACH, &raw mut attr) }.map_err(failed("attach the program"))?;
    Ok(())
}

/// Puts another filter in the place of the one that the group has. There is never none.
pub fn replace(folder: &Path, rules: &[DeviceRule]) -> Result<(), CgroupError> {
    let failed = |step| {
        move |source| CgroupError::DeviceFilter {
            step,
            path: folder.to_owned(),
            source,
        }
    };
    let group = File::open(folder).map_err(failed("open the group"))?;
    let known = attached(&group).map_err(failed("ask for the programs of"))?;
    let Some((first, rest)) = known.split_first() else {
        return attach(folder, rules);
    };
    let old = by_id(*first).map_err(failed("open the program"))?;
    let loaded = load(&program(rules)).map_err(failed("load the program"))?;
    let mut attr = Replace {
        target: group.as_raw_fd() as u32,
        program: loaded.as_raw_fd() as u32,
        kind: ATTACH_CGROUP_DEVICE,
        flags: ALLOW_MULTI | REPLACE,
        old: old.as_raw_fd() as u32,
    };
    // SAFETY: `attr` is a valid `union bpf_attr` prefix for this command, and outlives the call.
    unsafe { bpf(PROG_ATTACH, &raw mut attr) }.map_err(failed("replace the program"))?;
    // All of them must agree: another would go on refusing what is allowed now.
    for id in rest {
        let other = by_id(*id).map_err(failed("open the program"))?;
        let mut attr = Attach {
            target: group.as_raw_fd() as u32,
            program: other.as_raw_fd() as u32,
            kind: ATTACH_CGROUP_DEVICE,
            flags: 0,
        };
        // SAFETY: as above.
        unsafe { bpf(PROG_DETACH, &raw mut attr) }.map_err(failed("detach a program"))?;
    }
    Ok(())
}

/// Ids of the programs that are attached to the group itself.
fn attached(group: &File) -> io::Result<Vec<u32>> {
    let mut ids = [0_u32; 16];
    let mut attr = Query {
        target: group.as_raw_fd() as u32,
        kind: ATTACH_CGROUP_DEVICE,
        query_flags: 0,
        attach_flags: 0,
        ids: ids.as_mut_ptr() as u64,
        count: ids.len() as u32,
        padding: 0,
    };
    // SAFETY: `attr` is a valid `union bpf_attr` prefix; the kernel writes at most `count` ids, which outlive the call.
    unsafe { bpf(PROG_QUERY, &raw mut attr) }?;
    let count = usize::try_from(attr.count).unwrap_or(0).min(ids.len());
    Ok(ids[..count].to_vec())
}

fn by_id(id: u32) -> io::Result<OwnedFd> {
    let mut attr = ById {
        id,
        next: 0,
        flags: 0,
    };
    // SAFETY: `attr` is a valid `union bpf_attr` prefix and outlives the call.
    let fd = unsafe { bpf(PROG_GET_FD_BY_ID, &raw mut attr) }?;
    // SAFETY: the kernel has just given us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

const PROG_LOAD: libc::c_int = 5;
const PROG_ATTACH: libc::c_int = 8;
const PROG_DETACH: libc::c_int = 9;
const PROG_GET_FD_BY_ID: libc::c_int = 13;
const PROG_QUERY: libc::c_int = 16;
const REPLACE: u32 = 4;
const TYPE_CGROUP_DEVICE: u32 = 15;
const ATTACH_CGROUP_DEVICE: u32 = 6;
const ALLOW_MULTI: u32 = 2;

#[repr(C)]
struct Load {
    kind: u32,
    count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log: u64,
    kernel_version: u32,
    flags: u32,
}

#[repr(C)]
struct Attach {
    target: u32,
    program: u32,
    kind: u32,
    flags: u32,
}

#[repr(C)]
struct Replace {
    target: u32,
    program: u32,
    kind: u32,
    flags: u32,
    old: u32,
}

#[repr(C)]
struct Query {
    target: u32,
    kind: u32,
    query_flags: u32,
    attach_flags: u32,
    ids: u64,
    count: u32,
    padding: u32,
}

#[repr(C)]
struct ById {
    id: u32,
    next: u32,
    flags: u32,
}

fn load(program: &[Instruction]) -> io::Result<OwnedFd> {
    let mut attr = Load {
        kind: TYPE_CGROUP_DEVICE,
        count: program.len() as u32,
        instructions: program.as_ptr() as u64,
        license: c"Apache-2.0".as_ptr() as u64,
        log_level: 0,
        log_size: 0,
        log: 0,
        kernel_version: 0,
        flags: 0,
    };
    // SAFETY: `attr` is a valid `union bpf_attr` prefix; the pointers in it outlive the call.
    let fd = unsafe { bpf(PROG_LOAD, &raw mut attr) }?;
    // SAFETY: the kernel has just given us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// # Safety
/// `attr` must be what `command` reads, as must all that it points to.
unsafe fn bpf<T>(command: libc::c_int, attr: *mut T) -> io::Result<i32> {
    // SAFETY: as the caller promises; the size is that of the structure given.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, attr, size_of::<T>()) };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result as i32)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command};

    use super::*;

    fn rule(minor: u32, write: bool) -> DeviceRule {
        DeviceRule {
            kind: DeviceKind::Char,
            major: Some(1),
            minor: Some(minor),
            read: true,
            write,
            mknod: false,
        }
    }

    #[test]
    fn each_block_jumps_behind_itself() {
        let code = program(&[
            rule(3, true),
            DeviceRule {
                major: None,
                minor: None,
                ..rule(0, false)
            },
        ]);
        assert_eq!(code.len(), 6 + 8 + 6 + 2);
        let jumps: Vec<_> = code
            .iter()
            .enumerate()
            .filter(|(_, i)| i.code == JUMP_UNEQUAL)
            .map(|(at, i)| at + 1 + i.offset as usize)
            .collect();
        assert_eq!(jumps, [14, 14, 14, 14, 20, 20]);
    }

    /// Works in hybrid mode too: the version 2 mount takes device programs though it has no controllers.
    #[test]
    fn the_kernel_enforces_the_white_list() {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let root = mounts
            .lines()
            .find(|l| l.contains(" - cgroup2 "))
            .and_then(|l| l.split(' ').nth(4))
            .expect("a version 2 hierarchy is mounted");
        let group = Path::new(root).join(format!("wharf-filter-test-{}", std::process::id()));
        fs::create_dir(&group).unwrap();
        // /dev/null may be read and written, /dev/zero only read, nothing else opened.
        let attached = attach(&group, &[rule(3, true), rule(5, false)]);
        let script = format!(
            "echo $$ > {}/cgroup.procs; (: < /dev/null) && echo a; (: > /dev/null) && echo b; \
             (: < /dev/zero) && echo c; (: > /dev/zero) && echo d; (: < /dev/full) && echo e",
            group.display()
        );
        let output = Command::new("/bin/sh")
            .args(["-c", &script])
            .stdin(std::process::Stdio::piped())
            .output()
            .unwrap();
        // Another list takes the place of the first.
        let replaced = replace(&group, &[rule(5, true)]);
        let again = Command::new("/bin/sh")
            .args(["-c", &script])
            .stdin(std::process::Stdio::piped())
            .output()
            .unwrap();
        fs::remove_dir(&group).unwrap();
        attached.unwrap();
        replaced.unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "a\nb\nc\n");
        assert_eq!(String::from_utf8_lossy(&again.stdout), "c\nd\n");
    }
}
