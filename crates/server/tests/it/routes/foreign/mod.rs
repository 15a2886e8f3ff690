//! Every operation of every service, asked by root of one account about what another account has: the
//! answer is the one about what does not exist at all. Names, ids, ARNs, page tokens, client tokens and
//! access keys of the other account tell nothing.

mod estate;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wharf_base::{Clock, SystemClock};
use wharf_wire::{
    schema::{Kind, OperationSchema, Protocol, ServiceSchema},
    sigv4::SigningKeys,
};

use self::estate::Estate;
use crate::routes::{
    Server, asked,
    fill::{self, Given},
    routes, start,
};

/// The id of an access key has its account in it, as at AWS, whether there is that key or not.
const TELLS: [&str; 1] = ["GetAccessKeyInfo"];

/// Lists that are the same for everybody, with tokens that are none of an account.
const OF_ALL: [&str; 2] = ["DescribeAccountLimits", "DescribeSSLPolicies"];

/// What makes something, as far as names tell. It comes last: until then the asker has nothing either.
const MAKING: [&str; 7] = [
    "Create", "Register", "Put", "Upload", "Run", "Request", "Start",
];

fn is_making(operation: &OperationSchema) -> bool {
    MAKING.iter().any(|verb| operation.name.starts_with(verb))
}

/// Asks for an operation with an input.
pub async fn ask(
    server: &Server,
    (schema, operation): (&'static ServiceSchema, &OperationSchema),
    input: &Value,
    keys: &SigningKeys,
) -> (http::StatusCode, String) {
    let form = match schema.protocol {
        Protocol::Query | Protocol::Ec2 => fill::form_of(schema, operation, input),
        _ => String::new(),
    };
    let request = asked(schema, operation.name, &input.to_string(), &form);
    server.ask(&request, Some(keys), SystemClock.now()).await
}

/// The operation of that name.
pub fn operation(service: &str, name: &str) -> (&'static ServiceSchema, &'static OperationSchema) {
    let mut all = routes();
    all.find(|(schema, operation)| schema.name == service && operation.name == name)
        .unwrap_or_else(|| panic!("no {name} of {service}"))
}

/// Root of a new account.
async fn stranger(server: &Server) -> SigningKeys {
    let create = operation("wharf", "CreateAccount");
    let input = serde_json::json!({"name": "stranger", "id": estate::STRANGER});
    let (status, body) = ask(server, create, &input, &server.root()).await;
    assert_eq!(status, 200, "{body}");
    let made: Value = serde_json::from_str(&body).unwrap();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    SigningKeys {
        access_key_id: text("accessKeyId"),
        secret_access_key: text("secretAccessKey"),
        session_token: None,
    }
}

/// What differs from call to call whatever is asked about: ids, times and digests.
fn without_chance(text: &str) -> String {
    let mut out = String::new();
    let mut run = String::new();
    let flush = |run: &mut String, out: &mut String| {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        let is_lower = run.bytes().any(|letter| letter.is_ascii_lowercase());
        let is_chance = run.len() >= 8 && digits >= 2 || run.len() >= 16 && !is_lower;
        out.push_str(if is_chance { "#" } else { run });
        run.clear();
    };
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || "-+.:_".contains(letter) && !run.is_empty() {
            run.push(letter);
        } else {
            flush(&mut run, &mut out);
            out.push(letter);
        }
    }
    flush(&mut run, &mut out);
    out
}

/// Members of the first level that the estate has a value for, which are not required.
fn optional(
    schema: &ServiceSchema,
    operation: &OperationSchema,
    values: &BTreeMap<&'static str, String>,
) -> Vec<&'static str> {
    let Some(Kind::Structure { members }) = operation.input.map(|it| &schema.shape(it).kind) else {
        return Vec::new();
    };
    let members = members.iter().filter(|member| !member.required);
    let named = members.map(|member| member.name);
    named.filter(|name| values.contains_key(name)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_account_has_is_as_if_it_were_not() {
    let server = start().await;
    let estate = Estate::make(&server).await;
    let keys = stranger(&server).await;
    let (mut asked, mut wrong) = (0, Vec::new());
    let mut all: Vec<_> = routes()
        .filter(|(_, it)| !TELLS.contains(&it.name))
        .collect();
    all.sort_by_key(|(_, operation)| is_making(operation));
    for (schema, operation) in all {
        for values in estate.values(schema.name) {
            let optional = optional(schema, operation, values);
            let mut sets: BTreeSet<Vec<&str>> = optional.iter().map(|it| vec![*it]).collect();
            sets.extend([Vec::new(), optional]);
            for also in &sets {
                let given = Given {
                    values: values.clone(),
                    also,
                };
                let there = fill::json_of(schema, operation, &given);
                let absent: Value =
                    serde_json::from_str(&estate.absent(&there.to_string())).unwrap();
                if there == absent {
                    continue;
                }
                let there_is = ask(&server, (schema, operation), &there, &keys).await;
                let there_is_not = ask(&server, (schema, operation), &absent, &keys).await;
                asked += 1;
                let told = without_chance(&estate.absent(&there_is.1));
                let expected = without_chance(&estate.absent(&there_is_not.1));
                let names_home = there_is.1.contains(&format!(":{}:", estate::HOME));
                let is_theirs = names_home && !there.to_string().contains(estate::HOME);
                if is_theirs || (there_is.0, &told) != (there_is_not.0, &expected) {
                    wrong.push(format!(
                        "{} {} {there}\n    there {} {told}\n    not   {} {expected}",
                        schema.name, operation.name, there_is.0, there_is_not.0
                    ));
                }
            }
        }
    }
    assert!(asked > 800, "only {asked} questions were asked");
    let count = wrong.len();
    assert!(
        wrong.is_empty(),
        "{count} of {asked}:\n{}",
        wrong.join("\n")
    );
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn page_tokens_of_another_account_are_none() {
    let server = start().await;
    let estate = Estate::make(&server).await;
    let keys = stranger(&server).await;
    let mut walked = 0;
    for (schema, operation) in routes().filter(|(_, it)| !OF_ALL.contains(&it.name)) {
        let Some((token_name, token)) = estate.page_token(&server, (schema, operation)).await
        else {
            continue;
        };
        let with = |token: &str| {
            let mut input = estate::one_a_page(schema, operation).unwrap();
            input[&token_name] = Value::from(token);
            input
        };
        let forged: String = token.chars().rev().collect();
        let theirs = ask(&server, (schema, operation), &with(&token), &keys).await;
        let none = ask(&server, (schema, operation), &with(&forged), &keys).await;
        let shown = |answer: &(http::StatusCode, String), token: &str| {
            (answer.0, without_chance(&answer.1.replace(token, "TOKEN")))
        };
        let name = format!("{} {}", schema.name, operation.name);
        assert_eq!(shown(&theirs, &token), shown(&none, &forged), "{name}");
        assert!(theirs.0.is_client_error(), "{name}: {}", theirs.1);
        walked += 1;
    }
    assert!(walked >= 8, "only {walked} lists gave a token");
    server.end().await;
}
