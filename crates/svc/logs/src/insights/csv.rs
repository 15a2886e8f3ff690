//! What a query found, as CSV. Pure.

use std::collections::HashMap;

use super::{POINTER, engine::Row};

/// A column for each field that a row has, in the order in which they come, without pointers; `None` without any.
pub fn csv(rows: &[Row]) -> Option<String> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut columns = Vec::new();
    for (name, _) in rows.iter().flatten() {
        if &**name != POINTER && !places.contains_key(&**name) {
            places.insert(name, columns.len());
            columns.push(&**name);
        }
    }
    if columns.is_empty() {
        return None;
    }
    let mut text = String::new();
    write(&mut text, &columns);
    for row in rows {
        let mut cells = vec![""; columns.len()];
        for (name, value) in row {
            if let Some(place) = places.get(&**name) {
                cells[*place] = value;
            }
        }
        write(&mut text, &cells);
    }
    Some(text)
}

fn write(text: &mut String, cells: &[&str]) {
    for (number, cell) in cells.iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        // A line of one empty field would be a blank one.
        let is_plain = !cell.is_empty() && !cell.contains([',', '"', '\n', '\r']);
        if is_plain {
            text.push_str(cell);
        } else {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use wharf_insights::Table;

    use super::*;

    fn row(fields: &[(&str, &str)]) -> Row {
        let each = fields.iter();
        each.map(|(name, value)| ((*name).into(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn rows_become_a_table() {
        let rows = [
            row(&[("a", "1"), (POINTER, "p")]),
            row(&[("b", "x, \"y\"\n"), ("a", "")]),
            row(&[]),
        ];
        let text = csv(&rows).unwrap();
        assert_eq!(text, "a,b\n1,\"\"\n\"\",\"x, \"\"y\"\"\n\"\n\"\",\"\"\n");
        assert_eq!(Table::parse(&text).unwrap().rows(), 3);
        assert_eq!(csv(&[row(&[(POINTER, "p")])]), None);
        assert_eq!(csv(&[]), None);
    }
}
