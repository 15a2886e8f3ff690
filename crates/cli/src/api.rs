//! `wharf api`: any operation of the installation's own service, as JSON.

use std::process::ExitCode;

use serde_json::Value;
use wharf_api_wharf::schema::SERVICE;

use crate::{args::ApiArgs, call, layout::Layout, place, problem::Problem};

pub fn run(args: &ApiArgs) -> Result<ExitCode, Problem> {
    let layout = Layout::new(&args.data.data)?;
    let settings = place::settings(layout.settings()?, &args.region, None)?;
    let operation = known(&args.operation)?;
    let input: Value = serde_json::from_str(&args.json)
        .map_err(|cause| Problem::caused("--json is no JSON", cause))?;
    let body = input.to_string().into_bytes();
    let answer = call::block_on(call::raw(&layout, &settings, operation, body))?;
    let said: Value = serde_json::from_slice(&answer)
        .map_err(|cause| Problem::caused("the server's answer is no JSON", cause))?;
    println!("{said:#}");
    Ok(ExitCode::SUCCESS)
}

/// The operation of that name, as the contract spells it.
fn known(name: &str) -> Result<&'static str, Problem> {
    let mut all = SERVICE.operations.iter().map(|it| it.name);
    all.find(|it| *it == name).ok_or_else(|| {
        let all: Vec<&str> = SERVICE.operations.iter().map(|it| it.name).collect();
        Problem::other(format!("{name} is none of {}", all.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_those_of_the_contract() {
        assert_eq!(known("ListNodes").unwrap(), "ListNodes");
        let text = known("Nothing").unwrap_err().to_string();
        assert!(text.contains("ListKeys, ListNodes"), "{text}");
    }
}
