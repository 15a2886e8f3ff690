//! Whether KVM is usable here: a processor of its own is made and runs a small program.
//!
//! That `/dev/kvm` is there and answers says little. Where a machine is virtual itself, its hypervisor may let it have KVM whose
//! processors are interpreted, instruction by instruction: programs run there, and no kernel comes to its end. So what is
//! looked at is also how long the program takes.

use std::{
    fs::{File, OpenOptions},
    io,
    num::NonZeroUsize,
    os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
    path::{Path, PathBuf},
    ptr::NonNull,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::mman::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap},
};

pub const DEVICE: &str = "/dev/kvm";

// Of `linux/kvm.h`.
const GET_API_VERSION: libc::Ioctl = 0xae00;
const CREATE_VM: libc::Ioctl = 0xae01;
const GET_VCPU_MMAP_SIZE: libc::Ioctl = 0xae04;
const GET_SUPPORTED_CPUID: libc::Ioctl = 0xc008_ae05;
const CREATE_VCPU: libc::Ioctl = 0xae41;
const SET_USER_MEMORY_REGION: libc::Ioctl = 0x4020_ae46;
const RUN: libc::Ioctl = 0xae80;
const SET_REGS: libc::Ioctl = 0x4090_ae82;
const GET_SREGS: libc::Ioctl = 0x8138_ae83;
const SET_SREGS: libc::Ioctl = 0x4138_ae84;
const SET_CPUID2: libc::Ioctl = 0x4008_ae90;
const API_VERSION: i32 = 12;
const EXIT_IO: u32 = 2;
const EXIT_HLT: u32 = 5;
/// In what a processor shares with its owner.
const EXIT_REASON: usize = 8;

/// Bytes of memory of the machine, the tables of its pages and its program in them.
const MEMORY: usize = 0x1_0000;
const TABLES: [(usize, u64); 3] = [(0x1000, 0x2003), (0x2000, 0x3003), (0x3000, 0x83)];
const PROGRAM_AT: usize = 0x4000;
/// In the mode of 64 bits: the tables are loaded once more, what the processor is is asked for, a loop counts to the bottom, and
/// a byte goes to a port.
#[rustfmt::skip]
const PROGRAM: [u8; 24] = [
    0x0f, 0x20, 0xd8,             // mov rax, cr3
    0x0f, 0x22, 0xd8,             // mov cr3, rax
    0x31, 0xc0,                   // xor eax, eax
    0x0f, 0xa2,                   // cpuid
    0xb9, 0x40, 0x0d, 0x03, 0x00, // mov ecx, 200000
    0xff, 0xc9,                   // dec ecx
    0x75, 0xfc,                   // jnz
    0xb0, 0x2a,                   // mov al, 42
    0xe6, 0xf4,                   // out 0xf4, al
    0xf4,                         // hlt
];
/// A processor takes less than a thousandth of a second for it, one that is interpreted more than a tenth.
const LONGEST: Duration = Duration::from_millis(20);
/// Others may have the machine's processors meanwhile.
const TRIES: usize = 3;

/// Why KVM is not usable. It is told with its causes ([`wharf_base::Chain`]).
#[derive(Debug, thiserror::Error)]
pub enum NoKvm {
    #[error("{}", .path.display())]
    Device { path: PathBuf, source: io::Error },
    #[error("cannot {step}")]
    Step { step: &'static str, source: Errno },
    #[error("its version is {0}, not {API_VERSION}")]
    Version(i32),
    #[error("a processor came to a stop for the reason {reason} instead of {expected}")]
    Stop { reason: u32, expected: u32 },
    #[error("its processors are interpreted: a loop of 200,000 rounds takes {} ms", .0.as_millis())]
    Interpreted(Duration),
}

/// Whether KVM is usable. Blocks for some milliseconds.
///
/// # Errors
/// It is not.
pub fn probe() -> Result<(), NoKvm> {
    let mut fastest = Duration::MAX;
    for _ in 0..TRIES {
        let took = run_once(Path::new(DEVICE))?;
        if took <= LONGEST {
            return Ok(());
        }
        fastest = fastest.min(took);
    }
    Err(NoKvm::Interpreted(fastest))
}

/// How long the program takes.
fn run_once(device: &Path) -> Result<Duration, NoKvm> {
    let kvm = OpenOptions::new().read(true).write(true).open(device);
    let kvm = kvm.map_err(|source| NoKvm::Device {
        path: device.to_owned(),
        source,
    })?;
    let failed = |step: &'static str| move |source: Errno| NoKvm::Step { step, source };
    let version = number(&kvm, GET_API_VERSION, 0).map_err(failed("ask for its version"))?;
    if version != API_VERSION {
        return Err(NoKvm::Version(version));
    }
    let machine = made(&kvm, CREATE_VM).map_err(failed("make a machine"))?;
    let memory = Memory::anonymous(MEMORY).map_err(failed("map memory"))?;
    for (at, entry) in TABLES {
        memory.write(at, &entry.to_le_bytes());
    }
    memory.write(PROGRAM_AT, &PROGRAM);
    let mut region = [0, 0, MEMORY as u64, memory.address()];
    pass(&machine, SET_USER_MEMORY_REGION, &mut region).map_err(failed("give it memory"))?;
    let processor = made(&machine, CREATE_VCPU).map_err(failed("make a processor"))?;
    let size = number(&kvm, GET_VCPU_MMAP_SIZE, 0).map_err(failed("ask for sizes"))?;
    let size = usize::try_from(size).unwrap_or_default();
    let shared = Memory::of(&processor, size).map_err(failed("map a processor"))?;
    prepare(&kvm, &processor).map_err(failed("prepare a processor"))?;
    let begun = Instant::now();
    let mut took = Duration::ZERO;
    for expected in [EXIT_IO, EXIT_HLT] {
        number(&processor, RUN, 0).map_err(failed("run a processor"))?;
        let reason = shared.read(EXIT_REASON);
        if reason != expected {
            return Err(NoKvm::Stop { reason, expected });
        }
        if expected == EXIT_IO {
            took = begun.elapsed();
        }
    }
    Ok(took)
}

/// As a boot loader leaves it, in the mode of 64 bits, at the beginning of the program.
fn prepare(kvm: &File, processor: &OwnedFd) -> nix::Result<()> {
    // A number of entries and a filler, then entries of ten numbers.
    let mut features = vec![0_u32; 2 + 256 * 10];
    features[0] = 256;
    pass(kvm, GET_SUPPORTED_CPUID, &mut features)?;
    pass(processor, SET_CPUID2, &mut features)?;
    let mut special = [0_u64; 39];
    pass(processor, GET_SREGS, &mut special)?;
    let code = segment(0xffff_ffff, 8, 11, [0, 1, 1, 1]);
    let data = segment(0xffff_ffff, 16, 3, [1, 1, 0, 1]);
    let task = segment(0xffff, 24, 11, [0, 0, 0, 0]);
    for (index, of) in [code, data, data, data, data, data, task]
        .into_iter()
        .enumerate()
    {
        special[index * 3..index * 3 + 3].copy_from_slice(&of);
    }
    // Paging and protection; the tables; the wide form of these; the mode of 64 bits.
    (special[28], special[30], special[31], special[33]) = (0x8000_0033, 0x1000, 0x20, 0x500);
    pass(processor, SET_SREGS, &mut special)?;
    let mut general = [0_u64; 18];
    (general[6], general[16], general[17]) = (0x8000, PROGRAM_AT as u64, 2);
    pass(processor, SET_REGS, &mut general)
}

/// `struct kvm_segment`; `bits`: db, s, l and g.
fn segment(limit: u64, selector: u64, kind: u64, bits: [u64; 4]) -> [u64; 3] {
    let [db, s, l, g] = bits;
    [
        0,
        limit | selector << 32 | kind << 48 | 1 << 56,
        db << 8 | s << 16 | l << 24 | g << 32,
    ]
}

fn number(of: &impl AsRawFd, request: libc::Ioctl, argument: libc::c_ulong) -> nix::Result<i32> {
    // SAFETY: these requests take a number, and touch no memory of ours but what was given to the machine.
    Errno::result(unsafe { libc::ioctl(of.as_raw_fd(), request, argument) })
}

fn made(of: &impl AsRawFd, request: libc::Ioctl) -> nix::Result<OwnedFd> {
    let made = number(of, request, 0)?;
    // SAFETY: it is a new descriptor, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(made) })
}

/// The caller's value is as large as the request says.
fn pass<T>(of: &impl AsRawFd, request: libc::Ioctl, value: &mut [T]) -> nix::Result<()> {
    let value = value.as_mut_ptr();
    // SAFETY: the value outlives the call, and is one of numbers, of which any may be written.
    Errno::result(unsafe { libc::ioctl(of.as_raw_fd(), request, value) }).map(drop)
}

/// Memory that is shared with the kernel or a machine.
struct Memory {
    at: NonNull<libc::c_void>,
    length: usize,
}

impl Memory {
    const BOTH: ProtFlags = ProtFlags::PROT_READ.union(ProtFlags::PROT_WRITE);

    fn anonymous(length: usize) -> nix::Result<Self> {
        let size = NonZeroUsize::new(length).ok_or(Errno::EINVAL)?;
        // SAFETY: a new mapping, where the kernel likes.
        let at = unsafe { mmap_anonymous(None, size, Self::BOTH, MapFlags::MAP_SHARED) }?;
        Ok(Self { at, length })
    }

    fn of(file: impl AsFd, length: usize) -> nix::Result<Self> {
        let size = NonZeroUsize::new(length).ok_or(Errno::EINVAL)?;
        // SAFETY: as above.
        let at = unsafe { mmap(None, size, Self::BOTH, MapFlags::MAP_SHARED, file, 0) }?;
        Ok(Self { at, length })
    }

    fn address(&self) -> u64 {
        self.at.as_ptr() as u64
    }

    fn write(&self, at: usize, bytes: &[u8]) {
        assert!(at + bytes.len() <= self.length);
        // SAFETY: within the mapping, which no machine runs on yet.
        unsafe {
            let to = self.at.as_ptr().cast::<u8>().add(at);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
        }
    }

    fn read(&self, at: usize) -> u32 {
        assert!(at.is_multiple_of(4) && at + 4 <= self.length);
        // SAFETY: within the mapping, and aligned, since the mapping begins with a page.
        unsafe {
            self.at
                .as_ptr()
                .cast::<u8>()
                .add(at)
                .cast::<u32>()
                .read_volatile()
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: it was mapped so, and nobody has a pointer into it any more.
        let _ = unsafe { munmap(self.at, self.length) };
    }
}

#[cfg(test)]
mod tests {
    use wharf_base::Chain;

    use super::*;

    #[test]
    fn one_without_kvm_says_so() {
        let text = |device: &str| {
            let refused = run_once(Path::new(device)).unwrap_err();
            Chain(&refused).to_string()
        };
        let refused = text("/nonexistent/kvm");
        assert!(refused.starts_with("/nonexistent/kvm: "), "{refused}");
        let refused = text("/dev/null");
        assert!(
            refused.starts_with("cannot ask for its version: "),
            "{refused}"
        );
    }

    #[test]
    fn segments() {
        let [base, first, second] = segment(0xffff_ffff, 8, 11, [0, 1, 1, 1]);
        assert_eq!(base, 0);
        assert_eq!(first.to_le_bytes(), [255, 255, 255, 255, 8, 0, 11, 1]);
        assert_eq!(second.to_le_bytes(), [0, 0, 1, 1, 1, 0, 0, 0]);
    }

    /// Whatever this machine has, an answer comes soon.
    #[test]
    fn an_answer_comes() {
        let begun = Instant::now();
        let _ = probe();
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
