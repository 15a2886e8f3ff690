//! Numbers of patients, of those who treat them and of what they are given, with the words that AWS's documentation has for
//! them.

use super::{
    Row, always, by_word,
    checks::{is_drug_agency, is_health_service, is_insee, is_provider},
    numbers::INSEE,
};

/// Sections of a Medicare number have letters but for `SLOIBZ`.
const MEDICARE: &str = r"[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]-?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]-?[AC-HJKMNP-RT-Y]{2}[0-9]{2}";

pub(super) static HEALTH: [Row; 10] = [
    by_word(
        "DrugEnforcementAgencyNumber-US",
        "[A-Z][A-Z9][0-9]{7}",
        &["dea number", "dea registration"],
        // The second sign may be a digit.
        |it| is_drug_agency(it.get(2..).unwrap_or_default()),
    ),
    by_word(
        "HealthInsuranceCardNumber-EU",
        "80[0-9]{18}",
        &[
            "assicurazione sanitaria numero",
            "carta assicurazione numero",
            "carte d’assurance maladie",
            "carte européenne d'assurance maladie",
            "ceam",
            "ehic",
            "ehic#",
            "finlandehicnumber#",
            "gesundheitskarte",
            "hälsokort",
            "health card",
            "health card number",
            "health insurance card",
            "health insurance number",
            "insurance card number",
            "krankenversicherungskarte",
            "krankenversicherungsnummer",
            "medical account number",
            "numero conto medico",
            "numéro d’assurance maladie",
            "numéro de carte d’assurance",
            "numéro de compte medical",
            "número de cuenta médica",
            "número de seguro de salud",
            "número de tarjeta de seguro",
            "sairaanhoitokortin",
            "sairausvakuutuskortti",
            "sairausvakuutusnumero",
            "sjukförsäkring nummer",
            "sjukförsäkringskort",
            "suomi ehic-numero",
            "tarjeta de salud",
            "terveyskortti",
            "tessera sanitaria assicurazione numero",
            "versicherungsnummer",
        ],
        always,
    ),
    by_word(
        "HealthInsuranceClaimNumber-US",
        "[0-9]{3}-?[0-9]{2}-?[0-9]{4}-?[A-Z][0-9A-Z]?",
        &[
            "health insurance claim number",
            "hic no",
            "hic no.",
            "hic number",
            "hic#",
            "hicn",
            "hicn#",
            "hicno#",
        ],
        always,
    ),
    by_word(
        "HealthInsuranceNumber-FR",
        INSEE,
        &["carte d'assuré social", "carte vitale", "insurance card"],
        is_insee,
    ),
    by_word(
        "HealthcareProcedureCode-US",
        "[A-V][0-9]{4}|[0-9]{4}[0-9FTU]",
        &[
            "current procedural terminology",
            "hcpcs",
            "healthcare common procedure coding system",
        ],
        always,
    ),
    by_word(
        "MedicareBeneficiaryNumber-US",
        MEDICARE,
        &["mbi", "medicare beneficiary"],
        always,
    ),
    by_word(
        "NationalDrugCode-US",
        "[0-9]{4}-[0-9]{4}-[0-9]{2}|[0-9]{5}-(?:[0-9]{3}-[0-9]{2}|[0-9]{4}-[0-9]{1,2})",
        &["national drug code", "ndc"],
        always,
    ),
    by_word(
        "NationalProviderId-US",
        "[12][0-9]{9}",
        &["hipaa", "n.p.i", "national provider", "npi"],
        is_provider,
    ),
    by_word(
        "NhsNumber-GB",
        "[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}",
        &["national health service", "nhs"],
        is_health_service,
    ),
    by_word(
        "PersonalHealthNumber-CA",
        "[0-9]{4}[ -]?[0-9]{3}[ -]?[0-9]{3}",
        &[
            "canada healthcare number",
            "msp number",
            "personal healthcare number",
            "phn",
            "soins de santé",
        ],
        always,
    ),
];
