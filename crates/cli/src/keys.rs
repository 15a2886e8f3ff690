//! `wharf keys`: the keyring's keys and root's, shown and rotated while everything runs.

use std::process::ExitCode;

use serde::Deserialize;
use wharf_base::Timestamp;

use crate::{KeysCommand, RotatedKey, call, layout::Layout, problem::Problem, style::Style};

#[derive(Deserialize)]
struct Keys {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    id: String,
    created: Timestamp,
    active: bool,
    secrets: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RotatedKeyring {
    active: String,
    sealed_anew: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RotatedRoot {
    access_key_id: String,
}

#[derive(Deserialize)]
struct Retired {
    retired: Vec<String>,
}

pub fn run(layout: &Layout, command: &KeysCommand) -> Result<ExitCode, Problem> {
    match command {
        KeysCommand::List(_) => list(layout)?,
        KeysCommand::Rotate(args) => match args.key {
            RotatedKey::Keyring => rotate_keyring(layout)?,
            RotatedKey::Root => rotate_root(layout)?,
        },
        KeysCommand::Retire(args) => retire(layout, args.now)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(layout: &Layout) -> Result<(), Problem> {
    let found: Keys = ask(layout, "GET", "/wharf/keys", "")?;
    println!("{:18}{:22}{:8}SECRETS", "KEY", "CREATED", "ACTIVE");
    for key in found.keys {
        let active = if key.active { "yes" } else { "no" };
        let created = key.created.iso8601_seconds();
        println!("{:18}{created:22}{active:8}{}", key.id, key.secrets);
    }
    Ok(())
}

fn rotate_keyring(layout: &Layout) -> Result<(), Problem> {
    let done: RotatedKeyring = ask(layout, "POST", "/wharf/keys/rotate", "key=keyring")?;
    let style = Style::of_stdout();
    println!(
        "{} Secrets are sealed under key {}; {} were sealed anew.",
        style.good("Rotated."),
        done.active,
        done.sealed_anew
    );
    println!(
        "{}",
        style.faint(
            "Copy the keyring to where its backup is. Keys before go with `wharf keys retire`."
        )
    );
    Ok(())
}

fn rotate_root(layout: &Layout) -> Result<(), Problem> {
    let done: RotatedRoot = ask(layout, "POST", "/wharf/keys/rotate", "key=root")?;
    let style = Style::of_stdout();
    println!(
        "{} Root's key is {} now; all it had end.",
        style.good("Rotated."),
        done.access_key_id
    );
    println!(
        "{}",
        style.faint("In shells that use it: eval \"$(wharf env)\"")
    );
    Ok(())
}

fn retire(layout: &Layout, now: bool) -> Result<(), Problem> {
    let query = if now { "now=true" } else { "" };
    let done: Retired = ask(layout, "POST", "/wharf/keys/retire", query)?;
    let style = Style::of_stdout();
    println!("{} {} keys.", style.good("Retired"), done.retired.len());
    for id in done.retired {
        println!("  {id}");
    }
    Ok(())
}

fn ask<T: for<'a> Deserialize<'a>>(
    layout: &Layout,
    method: &str,
    path: &str,
    query: &str,
) -> Result<T, Problem> {
    let settings = layout.settings()?;
    let answer = call::block_on(call::ask(layout, &settings, method, path, query))?;
    serde_json::from_str(&answer)
        .map_err(|cause| Problem::caused("the server's answer is not understood", cause))
}
