use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn policy(identifiers: &[&str], custom: Value) -> Value {
    let all: Vec<String> = identifiers
        .iter()
        .map(|it| match it.starts_with('/') {
            true => it[1..].to_owned(),
            false => format!("{MANAGED}{it}"),
        })
        .collect();
    json!({ "Name": "p", "Version": VERSION, "Configuration": { "CustomDataIdentifier": custom },
        "Statement": [
            { "Sid": "audit", "DataIdentifier": all, "Operation": { "Audit": { "FindingsDestination": {} } } },
            { "Sid": "mask", "DataIdentifier": all, "Operation": { "Deidentify": { "MaskConfig": {} } } },
        ] })
}

fn of(identifiers: &[&str], custom: Value) -> Protection {
    Protection::parse(&policy(identifiers, custom).to_string()).unwrap()
}

fn starred(policy: &Protection, text: &str) -> String {
    masked(text, [policy].into_iter()).into_owned()
}

/// The text without brackets, and with stars for what stands within them.
fn marked(text: &str) -> (String, String) {
    let (mut plain, mut masked, mut within) = (String::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '[' | ']' => within = c == '[',
            c => {
                plain.push(c);
                masked.push(if within { '*' } else { c });
            }
        }
    }
    (plain, masked)
}

#[test]
fn what_is_sensitive_is_masked_and_nothing_else() {
    const KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    for (identifier, text) in [
        (
            "EmailAddress",
            "from [a.b@c.example] to a@b, ü[a@b.example]_",
        ),
        ("CreditCardNumber", "card [4111 1111-11111111]."),
        (
            "CreditCardNumber",
            "card 4111111111111112, id x4111111111111111",
        ),
        ("CreditCardExpiration", "expires [11/27]"),
        ("CreditCardExpiration", "on 11/27"),
        ("CreditCardSecurityCode", "cvv: [123] of 9"),
        ("AwsSecretKey", &format!("aws_secret_access_key=[{KEY}]")),
        ("AwsSecretKey", KEY),
        ("IpAddress", "[10.0.0.1] and [fe80::1]."),
        ("IpAddress", "std::io at 10:20:30, 1.2.3.456"),
        ("LatLong", "location [52.5200, 13.4050]"),
        ("PgpPrivateKey", "x[-----BEGIN PGP PRIVATE KEY BLOCK-----]"),
        (
            "OpenSshPrivateKey",
            "k [-----BEGIN OPENSSH PRIVATE KEY-----\nabc]",
        ),
        (
            "PkcsPrivateKey",
            "[-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----] rest",
        ),
        (
            "VehicleIdentificationNumber",
            "[1M8GDM9AXKP042788] 1M8GDM9A1KP042788",
        ),
        ("Ssn-US", "ssn [123-45-6789], ssn 000-45-6789"),
        ("Ssn-US", "order 123-45-6789"),
        ("BankAccountNumber-DE", "IBAN [DE89370400440532013000]"),
        ("BankAccountNumber-DE", "IBAN DE89370400440532013001"),
        ("BankAccountNumber-GB", "iban [GB29 NWBK 6016 1331 9268 19]"),
    ] {
        let (plain, masked) = marked(text);
        assert_eq!(
            starred(&of(&[identifier], json!([])), &plain),
            masked,
            "{identifier}"
        );
    }
    let custom = json!([{ "Name": "Employee", "Regex": "E-\\d{3}" }]);
    let (plain, masked) = marked("ü [E-123] [E-123]4 [e-123@x.example]");
    assert_eq!(
        starred(&of(&["EmailAddress", "/Employee"], custom), &plain),
        masked
    );
    // They overlap.
    let custom = json!([{ "Name": "A", "Regex": "abc" }, { "Name": "B", "Regex": "bcd" }]);
    assert_eq!(starred(&of(&["/A", "/B"], custom), "xabcdx"), "x****x");
}

#[test]
fn numbers_of_countries_are_masked_near_their_words() {
    for (identifier, text) in [
        ("BankAccountNumber-US", "savings account: [000123456789]"),
        ("DrugEnforcementAgencyNumber-US", "dea-number=[AB1234563]"),
        ("DrugEnforcementAgencyNumber-US", "dea number AB1234564"),
        (
            "HealthInsuranceCardNumber-EU",
            "EHIC [80276001234567890123]",
        ),
        (
            "HealthInsuranceClaimNumber-US",
            "hic number [123-45-6789-A]",
        ),
        (
            "HealthInsuranceNumber-FR",
            "carte vitale [2 55 08 14 168 025 38]",
        ),
        (
            "HealthInsuranceNumber-FR",
            "carte vitale 2 55 08 14 168 025 39",
        ),
        ("HealthcareProcedureCode-US", "HCPCS [J1100]"),
        ("MedicareBeneficiaryNumber-US", "mbi [1EG4-TE5-MK73] ndc"),
        ("NationalDrugCode-US", "NDC [0777-3105-02]"),
        (
            "NationalInsuranceNumber-GB",
            "nino [AB 12 34 56 C], nino GB123456A",
        ),
        ("NationalProviderId-US", "npi [1234567893], npi 1234567890"),
        ("NhsNumber-GB", "NHS no [943 476 5919]"),
        ("NhsNumber-GB", "NHS no 943 476 5918"),
        ("PersonalHealthNumber-CA", "phn: [9123 456 789]"),
        ("CepCode-BR", "cep [01310-100]"),
        ("CepCode-BR", "concept 01310-100"),
        ("Cnpj-BR", "CNPJ [11.222.333/0001-81] 11.222.333/0001-82"),
        ("CpfCode-BR", "userCpf=[529.982.247-25] 529.982.247-26"),
        ("CpfCode-BR", "cpf 111.111.111-11"),
        ("RgNumber-BR", "registro geral [24.678.131-4]"),
        ("RgNumber-BR", "in an org 24.678.131-4"),
        ("ElectoralRollNumber-GB", "electoral roll number [AB1234]"),
        ("IndividualTaxIdentificationNumber-US", "itin [912-90-3456]"),
        ("IndividualTaxIdentificationNumber-US", "itin 912-93-3456"),
        ("InseeCode-FR", "insee [255082A16802597]"),
        (
            "NationalIdentificationNumber-DE",
            "Personalausweis [T220001293]",
        ),
        (
            "NationalIdentificationNumber-DE",
            "Personalausweis T220001294",
        ),
        (
            "NationalIdentificationNumber-ES",
            "DNI [12345678Z], DNI 12345678A",
        ),
        (
            "NationalIdentificationNumber-IT",
            "codice fiscale [RSSMRA85T10A562S]",
        ),
        (
            "NationalIdentificationNumber-IT",
            "codice fiscale RSSMRA85T10A562T",
        ),
        ("NieNumber-ES", "NIE [X1234567L], NIE Y1234567L"),
        ("NifNumber-ES", "nif [K1234567L] nif [12345678Z]"),
        ("PassportNumber-CA", "passport_no [AB123456]"),
        ("PassportNumber-DE", "Reisepass [C01X00T47]"),
        ("PassportNumber-ES", "pasaporte [AAB123456]"),
        ("PassportNumber-FR", "passeport [12AB34567]"),
        ("PassportNumber-GB", "passportNumber: [123456789]"),
        ("PassportNumber-GB", "order 123456789"),
        ("PassportNumber-IT", "passaporto [AA1234567]"),
        (
            "PassportNumber-US",
            "passport [A12345678], passport 12345678",
        ),
        ("PermanentResidenceNumber-CA", "PR no. [RA1234567890]"),
        ("PhoneNumber-BR", "telefone [(11) 91234-5678]"),
        ("PhoneNumber-DE", "tel [030 901820], [+49 30 901820]"),
        ("PhoneNumber-ES", "mobile [612 345 678]"),
        ("PhoneNumber-FR", "fax [01 23 45 67 89]"),
        ("PhoneNumber-GB", "phone [020 7946 0958]"),
        ("PhoneNumber-IT", "cell [347 123 4567]"),
        ("PhoneNumber-US", "call [+1 202-555-0143] now"),
        ("PhoneNumber-US", "phone [(202) 555-0143]"),
        ("PhoneNumber-US", "took 2025550143 ns"),
        ("PostalCode-CA", "Ottawa [K1A 0B1]"),
        (
            "SocialInsuranceNumber-CA",
            "SIN [046 454 286], SIN 046 454 287",
        ),
        ("SocialInsuranceNumber-CA", "since 046 454 286"),
        ("Ssn-ES", "ssn [281234567840], ssn 281234567841"),
        ("TaxId-DE", "steuer-id [86095742719], steuer-id 86095742718"),
        ("TaxId-ES", "CIF [A58818501], CIF A58818502"),
        (
            "TaxId-FR",
            "tax id [30 23 217 600 053], tax id 3023217600054",
        ),
        ("TaxId-GB", "UTR [19558 39661], UTR 2955839661"),
        ("ZipCode-US", "zip_code [20500-0003]"),
        ("DriversLicense-US", "Driver's license no. [D123-4567-8901]"),
        ("DateOfBirth", "dob: [1980-02-03], [3/2/1980]"),
        ("DateOfBirth", "dateOfBirth=[19800203]"),
        (
            "DateOfBirth",
            "Birthday [3 February 1980] or [Feb. 3, 1980]",
        ),
        ("DateOfBirth", "at 1980-02-03"),
        ("DriversLicense-US", "license D1234567"),
        ("DriversLicense-US", "driver's license REVOKED"),
        ("DriversLicense-GB", "drivingLicence=[MORGA657054SM9IJ]"),
        ("DriversLicense-DE", "Führerschein-Nr [B072RRE2I55]"),
        ("DriversLicense-BG", "СУМПС [123456789]"),
    ] {
        let (plain, masked) = marked(text);
        assert_eq!(
            starred(&of(&[identifier], json!([])), &plain),
            masked,
            "{identifier}"
        );
    }
}

/// However long a text is: what is far from all words is passed over, and nothing that is near one.
#[test]
fn words_count_wherever_they_stand() {
    let licenses = of(&["DriversLicense-US"], json!([]));
    let far = "é aB-1 ".repeat(200);
    let text = format!(
        "D1234567 {far}driver's license [D1234567] {far}D1234567 {far}[D7654321] dl# {far}driversLicense: {} [D1234567], {far}dl",
        "ü".repeat(20),
    );
    let (plain, masked) = marked(&text);
    assert_eq!(starred(&licenses, &plain), masked);
    let numbers = "1-1-1-".repeat(20_000);
    assert_eq!(starred(&licenses, &numbers), numbers);
}

/// Names and addresses would need to be understood.
#[test]
fn what_is_not_here_is_refused_by_name() {
    for name in ["Name", "Address", "PhoneNumber"] {
        let said = Protection::parse(&policy(&[name], json!([])).to_string()).unwrap_err();
        let wanted = format!(
            "The data identifier {MANAGED}{name} is not supported by this version of wharf."
        );
        assert_eq!(said.to_string(), wanted);
    }
    // Custom ones of before may be called so.
    let custom = json!([{ "Name": "TaxId-GB", "Regex": "T-[0-9]+" }]);
    assert_eq!(starred(&of(&["/TaxId-GB"], custom), "T-7"), "***");
}

#[test]
fn what_costs_too_much_is_masked_as_a_whole() {
    let custom = json!([{ "Name": "All", "Regex": "a.*b|a" }]);
    let text = "a".repeat(20_000);
    assert_eq!(starred(&of(&["/All"], custom), &text), "*".repeat(20_000));
}

#[test]
fn what_is_no_policy_is_said() {
    let good = policy(&["EmailAddress"], json!([]));
    let with = |pointer: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    };
    let name = |it: &str| json!([{ "Name": it, "Regex": "a" }]);
    let regex = |it: String| json!([{ "Name": "N", "Regex": it }]);
    const CUSTOM: &str = "/Configuration/CustomDataIdentifier";
    for (document, text) in [
        (json!("x"), "Invalid data protection policy"),
        (with("/Version", json!("2012-10-17")), "Version"),
        (with("/Statement", json!([])), "one statement with Audit"),
        (
            with("/Statement/0", good["Statement"][1].clone()),
            "one statement with Audit",
        ),
        (
            with("/Statement/0/DataIdentifier", json!(["other"])),
            "must be the same",
        ),
        (
            with(
                "/Statement/1/Operation",
                json!({ "Deidentify": { "MaskConfig": { "a": 1 } } }),
            ),
            "Invalid data protection",
        ),
        (
            with(
                "/Statement/0/Operation",
                json!({ "Audit": { "FindingsDestination": { "Firehose": { "DeliveryStream": "b" } } } }),
            ),
            "Firehose is not supported",
        ),
        (
            with(
                "/Statement/0/Operation",
                json!({ "Audit": { "FindingsDestination": { "S3": { "Bucket": "b", "Prefix": "p" } } } }),
            ),
            "S3 has a Bucket and nothing else",
        ),
        (
            with(
                "/Statement/0/Operation",
                json!({ "Audit": { "FindingsDestination": { "CloudWatchLogs": { "LogGroup": "" } } } }),
            ),
            "CloudWatchLogs has a LogGroup and nothing else",
        ),
        (
            policy(&["Name"], json!([])),
            "data-identifier/Name is not supported",
        ),
        (policy(&["/Own"], json!([])), "Own is not supported"),
        (with(CUSTOM, name("a b")), "Invalid name"),
        (with(CUSTOM, name("EmailAddress")), "Invalid name"),
        (with(CUSTOM, regex("(".into())), "Invalid Regex"),
        (with(CUSTOM, regex("a".repeat(201))), "Invalid Regex"),
        (with(CUSTOM, regex("\\w{200}{200}".into())), "Invalid Regex"),
        (
            with(
                CUSTOM,
                json!(vec![json!({ "Name": "N", "Regex": "a" }); 11]),
            ),
            "at most 10",
        ),
        (
            with(CUSTOM, json!(vec![json!({ "Name": "N", "Regex": "a" }); 2])),
            "Invalid name",
        ),
    ] {
        let said = Protection::parse(&document.to_string())
            .unwrap_err()
            .to_string();
        assert!(said.contains(text), "{document}: {said}");
    }
    assert!(Protection::parse(&" ".repeat(LONGEST + 1)).is_err());
}

proptest! {
    /// Only characters become stars, each one; and what was masked has nothing more to mask.
    #[test]
    fn a_masked_text_is_as_long_and_clean(text in "[a-f0-9.:@ ü-]{0,80}") {
        let protection = of(&["EmailAddress", "IpAddress", "CreditCardNumber", "Ssn-US"], json!([]));
        let masked = starred(&protection, &text);
        prop_assert_eq!(masked.chars().count(), text.chars().count());
        prop_assert!(masked.chars().zip(text.chars()).all(|(a, b)| a == b || a == '*'));
    }
}

#[test]
fn what_stands_behind_a_number_does_not_hide_it() {
    let cards = of(&["CreditCardNumber"], json!([]));
    for text in [
        "card [4111111111111111] 12/27 cvv 123",
        "[4111 1111 1111 1111] 2026-11-23",
        "[4111111111111111]-1",
        "[5500005555555559] 100",
        "[2221000000000009]",
    ] {
        let (plain, expected) = marked(text);
        assert_eq!(starred(&cards, &plain), expected);
    }
    let addresses = of(&["IpAddress"], json!([]));
    for text in [
        "client [::ffff:10.20.30.40] GET",
        "[2001:db8::1]: refused",
        "[10.1.2.3]:8080",
        "cafe:[10.1.2.3]",
        "at 12:34:56",
    ] {
        let (plain, expected) = marked(text);
        assert_eq!(starred(&addresses, &plain), expected);
    }
}

#[test]
fn what_one_policy_masks_hides_nothing_from_another() {
    let own = of(&["/Word"], json!([{ "Name": "Word", "Regex": "[a-z4]+" }]));
    let account = of(&["Ssn-US", "CreditCardNumber"], json!([]));
    let all = || [&own, &account].into_iter();
    assert_eq!(masked("ssn 123-45-6789", all()), "*** ***********");
    assert_eq!(masked("4111111111111111", all()), "*".repeat(16));
}

#[test]
fn repeats_and_large_expressions_are_refused() {
    let twice = policy(&["EmailAddress", "EmailAddress"], json!([]));
    assert!(Protection::parse(&twice.to_string()).is_err());
    let large = json!([{ "Name": "Large", "Regex": "(?:a?){5000}[b-z]" }]);
    assert!(Protection::parse(&policy(&["/Large"], large).to_string()).is_err());
}
