//! `wharf keys`: the keyring's keys, the authorities and root's key, shown and rotated while everything
//! runs; and the keyring's passphrase.

use std::{
    io::{BufRead, IsTerminal, Write},
    process::ExitCode,
};

use wharf_api_wharf::types::{
    ListKeysRequest, ListKeysResponse, RetireKeysRequest, RetireKeysResponse, RotateKeysRequest,
    RotateKeysResponse,
};
use wharf_base::Timestamp;
use wharf_seal::set_passphrase;
use wharf_wal::FolderLock;
use wharf_wire::node::Struct;

use crate::{
    args::{KeysCommand, KeysPassphraseArgs, KeysRetireArgs, RetiredKey, RotatedKey},
    call, keyring,
    layout::Layout,
    node_keyring,
    problem::Problem,
    style::Style,
};

/// Of a digest, as people are shown it.
const SHOWN_DIGITS: usize = 16;

pub fn run(layout: &Layout, command: &KeysCommand) -> Result<ExitCode, Problem> {
    match command {
        KeysCommand::List(_) => list(layout)?,
        KeysCommand::Rotate(args) => match args.key {
            RotatedKey::Keyring => rotate_keyring(layout)?,
            RotatedKey::Nodes => rotate_nodes(layout)?,
            RotatedKey::Certificates => rotate_certificates(layout)?,
            RotatedKey::Root => rotate_root(layout)?,
            RotatedKey::NodeKeyring => node_keyring::rotate(layout)?,
        },
        KeysCommand::Retire(args) => return retire(layout, args),
        KeysCommand::Passphrase(args) => passphrase(layout, args)?,
        KeysCommand::New => return new(),
    }
    Ok(ExitCode::SUCCESS)
}

fn list(layout: &Layout) -> Result<(), Problem> {
    let found = keys(layout)?;
    println!(
        "{:18}{:22}{:8}{:9}IMAGE FILES",
        "KEY", "CREATED", "ACTIVE", "SECRETS"
    );
    for key in found.keys.unwrap_or_default() {
        println!(
            "{:18}{:22}{:8}{:<9}{}",
            key.id.unwrap_or_default(),
            time(key.created),
            if key.active == Some(true) {
                "yes"
            } else {
                "no"
            },
            key.secrets.unwrap_or_default(),
            key.images.unwrap_or_default()
        );
    }
    let nodes = found.nodes.unwrap_or_default();
    println!("\n{:18}{:22}NODES", "AUTHORITY", "CREATED");
    let waiting = nodes.locked_out.unwrap_or_default().len();
    for authority in nodes.authorities.unwrap_or_default() {
        let is = match (authority.next == Some(true), waiting) {
            (false, _) => "current".to_owned(),
            (true, 0) => "next; all trust it".to_owned(),
            (true, waiting) => format!("next; {waiting} do not trust it yet"),
        };
        println!(
            "{:18}{:22}{is}",
            shortened(authority.digest.as_ref()),
            time(authority.made_at)
        );
    }
    let certificates = found.certificates.unwrap_or_default();
    let authorities = certificates.authorities.unwrap_or_default();
    if !authorities.is_empty() {
        println!("\n{:40}{:22}CERTIFICATES", "AUTHORITY", "NOT AFTER");
    }
    for authority in authorities {
        let is = match authority.active {
            Some(true) => "signs",
            _ => "trusted",
        };
        let name = authority.name.unwrap_or_default();
        println!("{name:40}{:22}{is}", time(authority.not_after));
    }
    Ok(())
}

fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), Timestamp::iso8601_seconds)
}

fn shortened(digest: Option<&String>) -> &str {
    digest
        .and_then(|it| it.get(..SHOWN_DIGITS))
        .unwrap_or_default()
}

fn rotate_nodes(layout: &Layout) -> Result<(), Problem> {
    let done = rotate(layout, "nodes")?;
    let style = Style::of_stdout();
    println!(
        "{} The next authority is {}; nodes learn of it over their connections.",
        style.good("Rotated."),
        shortened(done.authority.as_ref()),
    );
    println!(
        "{}",
        style.faint("The one before goes with `wharf keys retire nodes`.")
    );
    Ok(())
}

fn rotate_certificates(layout: &Layout) -> Result<(), Problem> {
    let done = rotate(layout, "certificates")?;
    let style = Style::of_stdout();
    println!(
        "{} {} signs from now on; certificates being renewed: {}.",
        style.good("Rotated."),
        done.authority.unwrap_or_default(),
        done.renewing.unwrap_or_default()
    );
    println!(
        "{}",
        style.faint(
            "Give clients what `wharf ca` prints now; the one before goes with `wharf keys retire certificates`."
        )
    );
    Ok(())
}

fn rotate_keyring(layout: &Layout) -> Result<(), Problem> {
    let done = rotate(layout, "keyring")?;
    let style = Style::of_stdout();
    println!(
        "{} Secrets are sealed under key {}; {} were sealed anew.",
        style.good("Rotated."),
        done.active.unwrap_or_default(),
        done.sealed_anew.unwrap_or_default()
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
    let done = rotate(layout, "root")?;
    let style = Style::of_stdout();
    println!(
        "{} Root's key is {} now; all it had end.",
        style.good("Rotated."),
        done.access_key_id.unwrap_or_default()
    );
    println!(
        "{}",
        style.faint("In shells that use it: eval \"$(wharf env)\"")
    );
    Ok(())
}

fn retire(layout: &Layout, args: &KeysRetireArgs) -> Result<ExitCode, Problem> {
    if args.now && !args.yes && !confirmed(layout, args.key)? {
        println!("Nothing was retired.");
        return Ok(ExitCode::FAILURE);
    }
    let key = match args.key {
        RetiredKey::Keyring => "keyring",
        RetiredKey::Nodes => "nodes",
        RetiredKey::Certificates => "certificates",
    };
    let asked = RetireKeysRequest {
        key: Some(key.to_owned()),
        now: Some(args.now),
    };
    let done: RetireKeysResponse = ask(layout, "RetireKeys", &asked)?;
    let retired = done.retired.unwrap_or_default();
    let locked_out = done.locked_out.unwrap_or_default();
    let outdated = done.outdated.unwrap_or_default();
    let style = Style::of_stdout();
    let count = retired.len();
    let what = match (args.key == RetiredKey::Keyring, count) {
        (true, 1) => "key",
        (true, _) => "keys",
        (false, 1) => "authority",
        (false, _) => "authorities",
    };
    println!("{} {count} {what}.", style.good("Retired"));
    for id in retired {
        println!("  {id}");
    }
    if !locked_out.is_empty() {
        println!("Locked out; these nodes must join again:");
    }
    for node in locked_out {
        println!("  {node}");
    }
    if !outdated.is_empty() {
        println!("These certificates are still of what was retired, and are being renewed:");
    }
    for arn in outdated {
        println!("  {arn}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Says which nodes would be locked out, and asks whether they shall be. Where nobody can be asked it
/// is an error, unless there are none.
fn confirmed(layout: &Layout, key: RetiredKey) -> Result<bool, Problem> {
    let found = keys(layout)?;
    let nodes = match key {
        RetiredKey::Keyring => found.locked_out,
        RetiredKey::Nodes => found.nodes.and_then(|it| it.locked_out),
        RetiredKey::Certificates => None,
    };
    let nodes = nodes.unwrap_or_default();
    if nodes.is_empty() {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Err(Problem::other(format!(
            "this locks out {}, which must join again: add --yes if that is what you want",
            nodes.join(", ")
        )));
    }
    println!("These nodes are locked out and must join again:");
    for node in nodes {
        println!("  {node}");
    }
    print!("Go on? [y/N] ");
    let mut answer = String::new();
    std::io::stdout()
        .flush()
        .and_then(|()| std::io::stdin().lock().read_line(&mut answer))
        .map_err(|cause| Problem::caused("the terminal cannot be asked", cause))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// `wharf keys new`: a keyring on the standard output.
pub fn new() -> Result<ExitCode, Problem> {
    let mut out = std::io::stdout().lock();
    out.write_all(wharf_seal::new_document().expose())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush())
        .map_err(|cause| Problem::caused("cannot print", cause))?;
    Ok(ExitCode::SUCCESS)
}

/// Nobody may have the keyring open meanwhile: a server would be started again with the passphrase
/// before.
fn passphrase(layout: &Layout, args: &KeysPassphraseArgs) -> Result<(), Problem> {
    crate::roles::require_installation(layout)?;
    let _lock = layout.lock()?;
    // A joined node has no server.
    let store = layout.server().join("store");
    let _server = store
        .exists()
        .then(|| FolderLock::acquire(&store))
        .transpose()
        .map_err(|cause| Problem::caused("stop the server first", cause))?;
    let source = match layout.joined() {
        true => keyring::source(layout.given_node_keyring_file()?)?,
        false => layout.keyring()?,
    };
    let Some(path) = source.path() else {
        return Err(Problem::other(
            "a keyring that is given by a descriptor has its passphrase where it comes from",
        ));
    };
    let new = match (&args.new_passphrase_file, args.remove) {
        (_, true) => None,
        (Some(path), _) => Some(keyring::read_passphrase(path)?),
        (None, false) => {
            let new = keyring::ask("New passphrase: ")?;
            if keyring::ask("The same again: ")? != new {
                return Err(Problem::other("the two differ; nothing was changed"));
            }
            Some(new)
        }
    };
    set_passphrase(path, source.passphrase.as_ref(), new.as_ref())
        .map_err(|cause| Problem::caused("nothing was changed", cause))?;
    let style = Style::of_stdout();
    match new {
        Some(_) => println!(
            "{} {} opens with the new passphrase alone.",
            style.good("Set."),
            path.display()
        ),
        None => println!(
            "{} {} opens without a passphrase.",
            style.good("Removed."),
            path.display()
        ),
    }
    println!(
        "{}",
        style.faint("Copies made before open as they did: replace the one at its backup.")
    );
    Ok(())
}

fn keys(layout: &Layout) -> Result<ListKeysResponse, Problem> {
    ask(layout, "ListKeys", &ListKeysRequest::default())
}

fn rotate(layout: &Layout, key: &str) -> Result<RotateKeysResponse, Problem> {
    let asked = RotateKeysRequest {
        key: Some(key.to_owned()),
    };
    ask(layout, "RotateKeys", &asked)
}

fn ask<T: Struct + Default>(
    layout: &Layout,
    operation: &str,
    input: &(dyn Struct + Sync),
) -> Result<T, Problem> {
    let settings = layout.settings()?;
    call::block_on(call::wharf(layout, &settings, operation, input))
}
