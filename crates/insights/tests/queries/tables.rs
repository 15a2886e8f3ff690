//! Values that are looked up in tables.

use wharf_insights::Table;

use super::*;

const USERS: &str = "name,full,level\nanna,Anna A.,9\nbert,\"Bert, B.\",\nanna,second,8\n";

/// A query with its tables.
fn joined(text: &str) -> Result<Query, String> {
    let mut query = Query::parse(text).unwrap();
    let names: Vec<String> = query.tables().into_iter().map(str::to_owned).collect();
    for name in names {
        let body = match &*name {
            "users" => USERS,
            "codes" => "code,text\n7,seven\n12,twelve\n",
            _ => return Err(query.fits_table(&name, None).unwrap_err().to_string()),
        };
        let table = Arc::new(Table::parse(body).unwrap());
        let given = query.give_table(&name, &table);
        given.map_err(|error| format!("{error} at {}..{}", error.start, error.end))?;
    }
    Ok(query)
}

#[test]
fn values_are_looked_up_in_tables() {
    for (text, wanted) in [
        // The first row counts, exactly as it is written; without one a field stays as it was.
        (
            "fields user | lookup users name as user OUTPUT full, level | sort @timestamp",
            vec![
                "user=anna, full=Anna A., level=9",
                "user=bert, full=Bert, B., level=",
                "",
                "user=bert, full=Bert, B., level=",
                "user=anna, full=Anna A., level=9",
            ],
        ),
        (
            "filter level = 'ERROR' | lookup codes code as err.code OUTPUT text | display level, text | sort @timestamp",
            vec!["level=ERROR, text=seven", "level=ERROR"],
        ),
        // Numbers match as they are shown; two columns match together.
        (
            "fields ms + 0 as n | lookup codes code as n OUTPUT text | filter text = 'twelve' | display text",
            vec!["text=twelve"],
        ),
        (
            "fields 8 as l | lookup users name as user, level as l OUTPUT full | filter full = 'second' | stats count(*) as n",
            vec!["n=2"],
        ),
        (
            "stats count(*) as n by user | lookup users name as user OUTPUT full | sort user | filter n > 1",
            vec![
                "user=anna, n=2, full=Anna A.",
                "user=bert, n=2, full=Bert, B.",
            ],
        ),
        (
            "lookup users name as user OUTPUT full | stats count_distinct(full) as n",
            vec!["n=2"],
        ),
    ] {
        let query = Arc::new(joined(text).unwrap());
        for threads in 1..3 {
            assert_eq!(
                shown(&of(&query, LINES, threads).unwrap()),
                wanted,
                "{text}"
            );
        }
    }
    for (text, wanted) in [
        (
            "limit 1 | lookup users id OUTPUT name",
            "the lookup table users has no column id at 10..37",
        ),
        (
            "lookup users name OUTPUT nick",
            "the lookup table users has no column nick at 0..29",
        ),
        (
            "lookup nowhere a OUTPUT b",
            "the lookup table nowhere does not exist",
        ),
    ] {
        assert_eq!(joined(text).unwrap_err(), wanted);
    }
}
