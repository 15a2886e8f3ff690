//! Every operation of every service, asked by root of one account about what another account has: the
//! answer is the one about what does not exist at all, and afterwards the other account has what it had.
//! Names, ids, ARNs, page tokens, client tokens and access keys of the other account tell nothing. What AWS
//! itself answers otherwise is in `differences`, with the reason.

mod differences;
mod estate;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wharf_base::{Clock, SystemClock};
use wharf_server::SERVICES;
use wharf_wire::{
    schema::{Kind, OperationSchema, Protocol, ServiceSchema},
    sigv4::SigningKeys,
};

use self::estate::Estate;
use crate::routes::{
    Server, asked, code,
    fill::{self, Given},
    routes, start,
};

/// The id of an access key has its account in it, as at AWS, whether there is that key or not. Events are the asker's own
/// calls, with what it asked about.
const TELLS: [&str; 2] = ["GetAccessKeyInfo", "LookupEvents"];

/// Lists that are the same for everybody, with tokens that are none of an account.
const OF_ALL: [&str; 2] = ["DescribeAccountLimits", "DescribeSSLPolicies"];

/// What makes something, as far as names tell. It comes last: until then the asker has nothing either.
const MAKING: [&str; 10] = [
    "Create",
    "Register",
    "Put",
    "Upload",
    "Run",
    "Request",
    "Start",
    "Copy",
    "Enable",
    "Subscribe",
];

/// What tells of things and changes none.
const TELLING: [&str; 7] = [
    "Get", "List", "Describe", "Head", "BatchGet", "Lookup", "Overview",
];

/// What tells something else each time, also to who has it.
const LIVELY: [(&str, &str); 14] = [
    ("GetRandomPassword", "it is random"),
    ("GetAuthorizationToken", "it is sealed anew each time"),
    ("GetSessionToken", "it makes keys"),
    ("GetFederationToken", "it makes keys"),
    ("GetWebIdentityToken", "it is signed anew each time"),
    ("GetMetricWidgetImage", "it draws the time that is now"),
    (
        "ListMetrics",
        "services have metrics of their own by the minute",
    ),
    ("LookupEvents", "calls of this walk are events"),
    ("ListKeys", "keys of the keyring are used by what goes on"),
    ("GetTrailStatus", "it has the time of the last delivery"),
    ("GetCredentialReport", "keys are used by this walk"),
    ("GetAccessKeyLastUsed", "keys are used by this walk"),
    (
        "GetServiceLastAccessedDetails",
        "services are used by this walk",
    ),
    ("DescribeAlarmHistory", "alarms are evaluated meanwhile"),
];

/// How many operations are asked about what is there, at least. The others name nothing, or what no call makes without a host.
const FLOOR: usize = 1080;

fn is_telling(operation: &OperationSchema) -> bool {
    TELLING.iter().any(|verb| operation.name.starts_with(verb))
}

/// What comes after these too: a bucket that is made has a name that was nobody's, and copying goes by its rules.
const LAST: [&str; 2] = ["CreateBucket", "PutReplicationConfiguration"];

/// What makes keys or tokens, which are told once.
const RANDOM: [&str; 3] = [
    "CreateKeyPair",
    "CreateVirtualMFADevice",
    "GetAuthorizationToken",
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

/// Who may everything there that policies can allow.
async fn administrator(server: &Server, root: &SigningKeys) -> SigningKeys {
    let iam = async |name: &str, mut input: Value| {
        input["UserName"] = Value::from("administrator");
        let (status, body) = ask(server, operation("iam", name), &input, root).await;
        assert_eq!(status, 200, "{body}");
        body
    };
    iam("CreateUser", serde_json::json!({})).await;
    let all =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let policy = serde_json::json!({"PolicyName": "all", "PolicyDocument": all});
    iam("PutUserPolicy", policy).await;
    let made = iam("CreateAccessKey", serde_json::json!({})).await;
    SigningKeys {
        access_key_id: estate::element(&made, "AccessKeyId"),
        secret_access_key: estate::element(&made, "SecretAccessKey"),
        session_token: None,
    }
}

/// What differs from call to call whatever is asked about: ids, times and digests.
fn without_chance(text: &str) -> String {
    // Secrets of the asker's own.
    let mut text = text.to_owned();
    let start = format!("secret:{}-", estate::NO_NAME);
    let ends: Vec<usize> = text
        .match_indices(&start)
        .map(|it| it.0 + start.len())
        .collect();
    for end in ends {
        text.replace_range(end..end + 6, "######");
    }
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
        // Parts of an ARN are told apart, those of a time are not.
        let is_time = |run: &str| run.as_bytes().get(10) == Some(&b'T');
        let joins = |run: &str| match letter {
            ':' => is_time(run),
            _ => "-+._".contains(letter) && !run.is_empty(),
        };
        if letter.is_ascii_alphanumeric() || joins(&run) {
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

/// Every input that names what the other account has: each form, without optional members, with each, and with all.
fn questions(
    estate: &Estate,
    schema: &'static ServiceSchema,
    operation: &OperationSchema,
) -> Vec<Value> {
    let mut all = Vec::new();
    for values in estate.values(schema.name) {
        let optional = optional(schema, operation, values);
        let mut sets: BTreeSet<Vec<&str>> = optional.iter().map(|it| vec![*it]).collect();
        sets.extend([Vec::new(), optional]);
        for also in &sets {
            let given = Given {
                values: values.clone(),
                also,
            };
            all.push(fill::json_of(schema, operation, &given));
        }
    }
    all.extend(estate.inputs(schema.name, operation.name).cloned());
    let mut known = BTreeSet::new();
    all.retain(|it| known.insert(it.to_string()));
    all
}

/// Alarms are evaluated each minute.
fn without_states(body: &str) -> String {
    let mut answer: Value = serde_json::from_str(body).unwrap_or_default();
    let alarms = answer["MetricAlarms"].as_array_mut().into_iter().flatten();
    for alarm in alarms.filter_map(Value::as_object_mut) {
        alarm.retain(|name, _| !name.starts_with("State"));
    }
    answer.to_string()
}

/// What the other account itself is told of what it has.
async fn told_at_home(server: &Server, estate: &Estate) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let is_lively = |name: &str| LIVELY.iter().any(|it| it.0 == name);
    for (schema, operation) in routes().filter(|(_, it)| is_telling(it) && !is_lively(it.name)) {
        for input in questions(estate, schema, operation) {
            let (status, body) = ask(server, (schema, operation), &input, estate.keys()).await;
            let question = format!("{} {} {input}", schema.name, operation.name);
            let body = match operation.name.starts_with("DescribeAlarms") {
                true => without_states(&body),
                false => body,
            };
            all.insert(question, format!("{status} {}", without_chance(&body)));
        }
    }
    all
}

/// The same, as soon as what is made of it meanwhile has been made.
async fn settled_at_home(server: &Server, estate: &Estate) -> BTreeMap<String, String> {
    let mut last = told_at_home(server, estate).await;
    for _ in 0..50 {
        let now = told_at_home(server, estate).await;
        // A load balancer that no host takes up says so for some seconds, and nothing else changes.
        let comes = |told: &String| told.contains("<Code>provisioning</Code>");
        if now == last && !now.values().any(comes) {
            return now;
        }
        last = now;
    }
    panic!("what was made does not come to rest");
}

/// Lines of what is another now.
fn changes(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let each = before.iter().filter(|(key, was)| after[*key] != **was);
    each.map(|(key, was)| format!("{key}\n    was {was}\n    is  {}", after[key]))
        .collect()
}

/// Services that show nothing by a name: they give credentials, or tell of costs that nobody had yet.
const SHOW_NOTHING: [&str; 3] = ["sts", "eks-auth", "ce"];

/// The values are those of what is there: each service shows it to who has it.
fn each_shows_what_it_has(estate: &Estate, told: &BTreeMap<String, String>) {
    for name in SERVICES.iter().map(|row| row.schema.name) {
        assert!(!estate.values(name).is_empty(), "no values for {name}");
        let start = format!("{name} ");
        let own = told.iter().filter(|it| it.0.starts_with(&start));
        let is_shown = own
            .map(|it| it.1)
            .any(|it| it.starts_with("200 OK") && it.contains("secret"));
        let expected = !SHOW_NOTHING.contains(&name);
        assert_eq!(is_shown, expected, "what {name} shows at home");
    }
}

/// The events of an account are its own.
async fn events_are_own(server: &Server, estate: &Estate, keys: &SigningKeys) {
    let lookup = operation("cloudtrail", "LookupEvents");
    let (_, events) = ask(server, lookup, &serde_json::json!({}), keys).await;
    let told = estate.id_in(&events);
    assert!(told.is_none() && !events.contains(estate::NAME), "{events}");
}

enum Verdict {
    Alike,
    /// As on AWS: which of the differences.
    Known(usize),
    Wrong(String),
}

/// Asks about what is there and about what is not.
async fn judged(
    server: &Server,
    estate: &Estate,
    of: (&'static ServiceSchema, &'static OperationSchema),
    [there, absent]: [&Value; 2],
    keys: &SigningKeys,
) -> Verdict {
    let there_is = ask(server, of, there, keys).await;
    let there_is_not = match there == absent {
        true => there_is.clone(),
        false => ask(server, of, absent, keys).await,
    };
    let told = without_chance(&estate.absent(&there_is.1));
    let expected = without_chance(&estate.absent(&there_is_not.1));
    let question = estate.opened(&there.to_string());
    let names_home = there_is.1.contains(&format!(":{}:", estate::HOME));
    let id = estate.id_in(&there_is.1);
    let is_told = names_home && !question.contains(estate::HOME)
        || id.is_some_and(|id| !question.contains(id));
    let name = (of.0.name, of.1.name);
    let is_alike = RANDOM.contains(&name.1) || told == expected;
    if !is_told && is_alike && there_is.0 == there_is_not.0 {
        return Verdict::Alike;
    }
    let answers = [&there_is, &there_is_not].map(|it| (it.0.as_u16(), code(&it.1)));
    let known = differences::known(name, there, [&answers[0], &answers[1]]);
    if let Some(known) = known.filter(|_| !is_told) {
        return Verdict::Known(known);
    }
    Verdict::Wrong(format!(
        "{} {} {there}\n    there {} {told}\n    not   {} {expected}",
        name.0, name.1, there_is.0, there_is_not.0
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_account_has_is_as_if_it_were_not() {
    let server = start().await;
    let keys = stranger(&server).await;
    let estate = Estate::make(&server, &keys).await;
    events_are_own(&server, &estate, &keys).await;
    let before = settled_at_home(&server, &estate).await;
    each_shows_what_it_has(&estate, &before);
    let administrator = administrator(&server, &keys).await;
    let (mut asked, mut wrong, mut differing) = (0, Vec::new(), BTreeSet::new());
    let mut operations = BTreeSet::new();
    let mut all: Vec<_> = routes()
        .filter(|(_, it)| !TELLS.contains(&it.name))
        .collect();
    all.sort_by_key(|(_, it)| (LAST.contains(&it.name), is_making(it)));
    for (schema, operation) in all {
        let keys = match schema.name {
            // Root assumes no roles at all.
            "sts" => &administrator,
            _ => &keys,
        };
        for there in questions(&estate, schema, operation) {
            let absent = estate.absent_input(&there);
            match there == absent {
                false => {
                    operations.insert((schema.name, operation.name));
                }
                // What names nothing is asked once, if it tells of anything.
                true if !is_telling(operation) => continue,
                true => {}
            }
            asked += 1;
            let both = [&there, &absent];
            match judged(&server, &estate, (schema, operation), both, keys).await {
                Verdict::Alike => {}
                Verdict::Known(which) => {
                    differing.insert(which);
                }
                Verdict::Wrong(text) => wrong.push(text),
            }
        }
    }
    let after = told_at_home(&server, &estate).await;
    let changed = changes(&before, &after);
    let (operations, count) = (operations.len(), wrong.len());
    println!("{asked} questions of {operations} operations");
    assert!(
        wrong.is_empty() && changed.is_empty(),
        "{count} of {asked}:\n{}\nchanged at home:\n{}",
        wrong.join("\n"),
        changed.join("\n"),
    );
    assert!(
        asked > 2900 && operations > FLOOR,
        "only {asked} questions were asked, of {operations} operations"
    );
    differences::all_are_met(&differing);
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn page_tokens_of_another_account_are_none() {
    let server = start().await;
    let keys = stranger(&server).await;
    let estate = Estate::make(&server, &keys).await;
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
