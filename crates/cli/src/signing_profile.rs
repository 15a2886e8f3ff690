//! `wharf signing-profile`: keys that sign what is pushed to the registry.

use std::process::ExitCode;

use wharf_api_wharf::types::{
    CreateSigningProfileRequest, CreateSigningProfileResponse, DeleteSigningProfileRequest,
    DeleteSigningProfileResponse, ListSigningProfilesRequest, ListSigningProfilesResponse,
    SigningProfile,
};
use wharf_wire::node::Struct;

use crate::{
    args::{
        DataArgs, OutputArgs, SigningProfileCommand, SigningProfileCreateArgs,
        SigningProfileNameArgs,
    },
    call,
    layout::Layout,
    problem::Problem,
    style::Style,
};

pub fn run(command: &SigningProfileCommand) -> Result<ExitCode, Problem> {
    match command {
        SigningProfileCommand::Create(args) => create(args)?,
        SigningProfileCommand::List(output) => list(output)?,
        SigningProfileCommand::Certificate(args) => certificate(args)?,
        SigningProfileCommand::Remove(args) => remove(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn create(args: &SigningProfileCreateArgs) -> Result<(), Problem> {
    let asked = CreateSigningProfileRequest {
        name: Some(args.name.clone()),
        key_id: Some(args.key.clone()),
        validity_days: args.validity_days,
    };
    let made: CreateSigningProfileResponse = ask(&args.data, "CreateSigningProfile", &asked)?;
    let made = made.profile.unwrap_or_default();
    let style = Style::of_stdout();
    println!("{} {}", style.good("Made"), line(&made));
    println!(
        "{}",
        style.faint("It signs nothing until a signing configuration of ECR names it.")
    );
    Ok(())
}

fn list(output: &OutputArgs) -> Result<(), Problem> {
    let found = found(&output.data)?;
    if output.json {
        println!(
            "{:#}",
            call::document("ListSigningProfilesResponse", &found)
        );
        return Ok(());
    }
    let profiles = found.profiles.unwrap_or_default();
    if profiles.is_empty() {
        println!("No signing profiles. `wharf signing-profile create` makes one.");
    }
    for profile in &profiles {
        println!("{}", line(profile));
    }
    Ok(())
}

fn certificate(args: &SigningProfileNameArgs) -> Result<(), Problem> {
    let profiles = found(&args.data)?.profiles.unwrap_or_default();
    let named = |it: &SigningProfile| it.name.as_deref() == Some(&args.name);
    let profile = profiles.into_iter().find(named);
    let missing = || {
        Problem::other(format!(
            "there is no signing profile {}: `wharf signing-profile list` shows those that there are",
            args.name
        ))
    };
    print!(
        "{}",
        profile.ok_or_else(missing)?.certificate.unwrap_or_default()
    );
    Ok(())
}

fn remove(args: &SigningProfileNameArgs) -> Result<(), Problem> {
    let asked = DeleteSigningProfileRequest {
        name: Some(args.name.clone()),
    };
    let done: DeleteSigningProfileResponse = ask(&args.data, "DeleteSigningProfile", &asked)?;
    let style = Style::of_stdout();
    println!(
        "{} {}",
        style.good("Removed"),
        line(&done.profile.unwrap_or_default())
    );
    Ok(())
}

fn found(data: &DataArgs) -> Result<ListSigningProfilesResponse, Problem> {
    let nothing = ListSigningProfilesRequest::default();
    ask(data, "ListSigningProfiles", &nothing)
}

/// `arn:aws:signer:…/release: key 3f9a…, arn:aws:kms:…`
fn line(profile: &SigningProfile) -> String {
    let text = |it: &Option<String>| it.clone().unwrap_or_default();
    let days = profile.validity_days;
    let days = days.map(|days| format!(", signatures count for {days} days"));
    format!(
        "{}: key {}, {}{}",
        text(&profile.arn),
        text(&profile.fingerprint),
        text(&profile.key_arn),
        days.unwrap_or_default()
    )
}

fn ask<O: Struct + Default>(
    data: &DataArgs,
    operation: &str,
    input: &(dyn Struct + Sync),
) -> Result<O, Problem> {
    let layout = Layout::new(&data.data)?;
    let settings = layout.settings()?;
    call::block_on(call::wharf(&layout, &settings, operation, input))
}
