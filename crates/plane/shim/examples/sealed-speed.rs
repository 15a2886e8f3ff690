//! How fast a loop device over a sealed file is, beside one over a file that is not: `sealed_speed SHIM FOLDER`. Needs root.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::Path,
    time::Instant,
};

use wharf_container::runtime::LoopDevice;

const BYTES: u64 = 512 << 20;
const LARGE: usize = 1 << 20;
const SMALL: usize = 4096;
const SMALL_COUNT: u64 = 4000;

/// Past the page cache needs memory that begins at a sector.
#[repr(align(4096))]
struct Aligned([u8; LARGE]);

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let program = wharf_sealed_file::Program {
        path: fs::canonicalize(arguments.next().unwrap_or_default())?,
        group: None,
    };
    let folder = arguments.next().unwrap_or_else(|| ".".to_owned());
    let folder = Path::new(&folder).join("sealed-speed");
    fs::create_dir_all(&folder)?;
    for is_sealed in [false, true] {
        let image = folder.join(if is_sealed { "sealed.img" } else { "plain.img" });
        if is_sealed {
            wharf_sealed_file::seal(&image)?;
        }
        File::create(&image)?.set_len(BYTES)?;
        if is_sealed {
            let key: Vec<u8> = (0..64).collect();
            wharf_sealed_file::open(&program, &image, &key)?;
        }
        let device = LoopDevice::bind(&image)?;
        let measured = measure(device);
        device.let_go(&image)?;
        while LoopDevice::over(&image)?.is_some() {
            std::thread::yield_now();
        }
        wharf_sealed_file::hide(&image)?;
        let name = if is_sealed { "sealed" } else { "plain" };
        for (what, figure) in measured? {
            println!("{name:7} {what:24} {figure:10.1}");
        }
    }
    fs::remove_dir_all(folder)
}

fn measure(device: LoopDevice) -> io::Result<Vec<(&'static str, f64)>> {
    let file = File::options()
        .read(true)
        .write(true)
        .custom_flags(libc::O_DIRECT)
        .open(device.path())?;
    let mut buffer = Box::new(Aligned([0x5a; LARGE]));
    let mib = (BYTES >> 20) as f64;
    let mut figures = Vec::new();
    let begun = Instant::now();
    for at in (0..BYTES).step_by(LARGE) {
        file.write_all_at(&buffer.0, at)?;
    }
    file.sync_all()?;
    figures.push(("write 1 MiB, MiB/s", mib / begun.elapsed().as_secs_f64()));
    let begun = Instant::now();
    for at in (0..BYTES).step_by(LARGE) {
        file.read_exact_at(&mut buffer.0, at)?;
    }
    figures.push(("read 1 MiB, MiB/s", mib / begun.elapsed().as_secs_f64()));
    let places = |n: u64| (n.wrapping_mul(2_654_435_761) % (BYTES / SMALL as u64)) * SMALL as u64;
    let begun = Instant::now();
    for n in 0..SMALL_COUNT {
        file.read_exact_at(&mut buffer.0[..SMALL], places(n))?;
    }
    let each = |begun: Instant, count: u64| count as f64 / begun.elapsed().as_secs_f64();
    figures.push(("read 4 KiB, 1/s", each(begun, SMALL_COUNT)));
    let begun = Instant::now();
    for n in 0..SMALL_COUNT {
        file.write_all_at(&buffer.0[..SMALL], places(n))?;
    }
    figures.push(("write 4 KiB, 1/s", each(begun, SMALL_COUNT)));
    Ok(figures)
}
