//! `wharf scan-db`: what is published about vulnerabilities, which scans compare images with. It is
//! written beside what a running server reads, and counts from its next scan on.

use std::{io::Write as _, path::Path, process::ExitCode, time::Duration};

use bytes::Bytes;
use wharf_base::{Clock as _, SystemClock, Timestamp};
use wharf_egress::{Egress, Limits};
use wharf_scandb::{Current, Data, DataError};

use crate::{call, layout::Layout, problem::Problem};

/// The archives of single ecosystems are smaller; a larger file can be fetched by other means.
const MAX_DOWNLOAD: usize = 512 << 20;
const DOWNLOAD_TIME: Duration = Duration::from_secs(1800);

pub fn update(layout: &Layout, from: &str, from_nothing: bool) -> Result<ExitCode, Problem> {
    crate::roles::keep_files_private();
    crate::roles::require_installation(layout)?;
    let updated = match from.contains("://") {
        true => {
            let file = download(from)?;
            read(layout, file.path(), from_nothing)?
        }
        false => read(layout, Path::new(from), from_nothing)?,
    };
    println!("{} changed.", packages(updated.changed));
    print(&updated.current);
    Ok(ExitCode::SUCCESS)
}

pub fn status(layout: &Layout) -> Result<ExitCode, Problem> {
    crate::roles::require_installation(layout)?;
    match Data::current(&layout.scan_data()).map_err(problem)? {
        Some(current) => print(&current),
        None => println!("No vulnerability data is loaded. `wharf scan-db update` loads it."),
    }
    Ok(ExitCode::SUCCESS)
}

fn print(current: &Current) {
    println!(
        "Loaded: {} about {}, last updated {}.",
        advisories(current.advisories),
        packages(current.packages),
        Timestamp::from_millis(current.updated_at)
    );
}

fn advisories(count: u64) -> String {
    match count {
        1 => "1 advisory".to_owned(),
        _ => format!("{count} advisories"),
    }
}

fn packages(count: u64) -> String {
    match count {
        1 => "1 package".to_owned(),
        _ => format!("{count} packages"),
    }
}

fn read(
    layout: &Layout,
    from: &Path,
    from_nothing: bool,
) -> Result<wharf_scandb::Updated, Problem> {
    let now = SystemClock.now().0;
    let dir = layout.scan_data();
    let brought = match from_nothing {
        true => wharf_scandb::renew(&dir, from, now),
        false => wharf_scandb::update(&dir, from, now),
    };
    brought.map_err(problem)
}

fn problem(error: DataError) -> Problem {
    Problem::caused("the vulnerability data is unchanged", error)
}

/// What the operator names is fetched from wherever it is.
fn download(url: &str) -> Result<tempfile::NamedTempFile, Problem> {
    let failed =
        |cause: String| Problem::caused("nothing was downloaded", std::io::Error::other(cause));
    let everywhere = ["0.0.0.0/0", "::/0"]
        .into_iter()
        .filter_map(|it| it.parse().ok());
    let egress = Egress::to(everywhere.collect());
    let request = http::Request::get(url).body(Bytes::new());
    let request = request.map_err(|error| failed(error.to_string()))?;
    let limits = Limits {
        time: DOWNLOAD_TIME,
        body: MAX_DOWNLOAD,
    };
    let answer = call::block_on(async {
        egress
            .send(request, limits)
            .await
            .map_err(|error| failed(error.to_string()))
    })?;
    if !answer.status().is_success() {
        return Err(failed(format!("{url} answers {}", answer.status())));
    }
    let written = tempfile::NamedTempFile::new().and_then(|mut file| {
        file.write_all(answer.body())?;
        Ok(file)
    });
    written.map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_several() {
        assert_eq!(
            (advisories(1), packages(1)),
            ("1 advisory".to_owned(), "1 package".to_owned())
        );
        assert_eq!(
            (advisories(0), packages(2)),
            ("0 advisories".to_owned(), "2 packages".to_owned())
        );
    }
}
