use proptest::prelude::*;
use serde_json::{Value, json};
use wharf_base::Timestamp;

use super::*;
use crate::widget::read;

const FROM: i64 = 1_800_000_000;
const GROUND: [u8; 3] = [255, 255, 255];

fn widget(members: Value) -> Widget {
    let mut whole =
        json!({"metrics": [["App", "X"]], "width": 300, "height": 200, "start": "-PT1H"});
    for (name, value) in members.as_object().unwrap() {
        whole[name] = value.clone();
    }
    let now = Timestamp::from_millis((FROM + 3600) * 1000);
    read::widget(&whole.to_string(), now, "a", "r").unwrap()
}

fn line(values: &[f64], colour: Colour) -> Drawn {
    let at = |number: usize| FROM + 300 * i64::try_from(number).unwrap();
    Drawn {
        line: Line {
            period: 300,
            points: values
                .iter()
                .enumerate()
                .map(|(number, it)| (at(number), *it))
                .collect(),
            ..Line::default()
        },
        label: "X".to_owned(),
        colour,
        side: Side::Left,
    }
}

/// Columns and rows of the pixels of a colour.
fn places(widget: &Widget, pixels: &[u8], colour: Colour) -> Vec<(usize, usize)> {
    let wanted = [colour.0, colour.1, colour.2];
    let width = widget.width as usize;
    let all = pixels.chunks(3).enumerate();
    let those = all.filter(|(_, it)| *it == wanted);
    those.map(|(at, _)| (at % width, at / width)).collect()
}

const BLUE: Colour = (0, 0, 255);
const PINK: Colour = (255, 0, 255);

#[test]
fn a_line_goes_where_its_values_are() {
    let plain = widget(
        json!({"legend": {"position": "hidden"}, "yAxis": {"left": {"min": 0, "max": 100}}}),
    );
    let pixels = pixels(&plain, &[line(&[0.0; 13], BLUE), line(&[100.0; 13], PINK)]).unwrap();
    let (low, high) = (places(&plain, &pixels, BLUE), places(&plain, &pixels, PINK));
    let rows = |all: &[(usize, usize)]| {
        all.iter()
            .map(|it| it.1)
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert!(
        rows(&low).first() > rows(&high).last(),
        "{:?} {:?}",
        rows(&low),
        rows(&high)
    );
    assert!(
        rows(&low).len() == 2 && low.len() > 400,
        "two rows over the whole width: {}",
        low.len()
    );
}

#[test]
fn missing_points_part_a_line() {
    let plain = widget(json!({"legend": {"position": "hidden"}}));
    let mut parted = line(&[1.0; 13], BLUE);
    parted
        .line
        .points
        .retain(|it| !(FROM + 900..FROM + 2400).contains(&it.0));
    let [whole, parted] = [line(&[1.0; 13], BLUE), parted].map(|it| {
        let pixels = pixels(&plain, &[it]).unwrap();
        places(&plain, &pixels, BLUE).len()
    });
    assert!(parted > 50 && parted * 3 < whole * 2, "{parted} of {whole}");
}

#[test]
fn areas_lie_on_each_other() {
    let plain = widget(json!({"stacked": true, "legend": {"position": "hidden"}}));
    let pixels = pixels(&plain, &[line(&[1.0; 13], BLUE), line(&[1.0; 13], PINK)]).unwrap();
    let rows = |colour| {
        places(&plain, &pixels, colour)
            .iter()
            .map(|it| it.1)
            .max()
            .unwrap()
    };
    // Below its edge an area is its colour mixed with the ground.
    let mixed =
        |it: &[u8]| it[2] > 250 && (120..136).contains(&it[0]) && (120..136).contains(&it[1]);
    assert!(pixels.chunks(3).filter(|it| mixed(it)).count() > 1000);
    // The edge of the second is above that of the first, though both have the same values.
    assert!(
        rows(PINK) + 20 < rows(BLUE),
        "{} {}",
        rows(PINK),
        rows(BLUE)
    );
}

#[test]
fn rules_legends_and_titles_are_drawn() {
    let lines = [line(&[1.0, 2.0], BLUE)];
    let drawn = |members: Value| pixels(&widget(members), &lines).unwrap();
    let plain = drawn(json!({}));
    let green = json!({"horizontal": [{"value": 1.5, "color": "#00ff00", "label": "enough"}]});
    let ruled = widget(json!({"annotations": green}));
    assert!(places(&ruled, &pixels(&ruled, &lines).unwrap(), (0, 255, 0)).len() > 200);
    for members in [
        json!({"title": "Orders"}),
        json!({"legend": {"position": "hidden"}}),
        json!({"theme": "dark"}),
        json!({"view": "singleValue"}),
        json!({"yAxis": {"left": {"label": "count"}}}),
        json!({"annotations": {"horizontal": [{"value": 1.5, "fill": "above"}]}}),
        json!({"timezone": "+0130"}),
    ] {
        assert_ne!(drawn(members.clone()), plain, "{members}");
    }
    assert_eq!(drawn(json!({})), plain);
    assert_eq!(plain[..3], GROUND);
}

#[test]
fn moments_and_bands_are_drawn_where_they_are() {
    const GREEN: Colour = (0, 255, 0);
    let moment = |seconds: i64| Timestamp::from_millis((FROM + seconds) * 1000).iso8601_seconds();
    let with = |annotations: Value| {
        let it = widget(json!({
            "annotations": annotations, "legend": {"position": "hidden"},
            "yAxis": {"left": {"min": 0, "max": 10}},
        }));
        let pixels = pixels(&it, &[]).unwrap();
        (places(&it, &pixels, GREEN), pixels)
    };
    let at = |seconds| json!({"value": moment(seconds), "color": "#00ff00"});
    let (early, _) = with(json!({"vertical": [at(600)]}));
    let (late, _) = with(json!({"vertical": [at(3000)]}));
    let columns = |all: &[(usize, usize)]| {
        all.iter()
            .map(|it| it.0)
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!((columns(&early).len(), columns(&late).len()), (1, 1));
    assert!(columns(&early) < columns(&late) && early.len() > 100);
    // Both edges of a band, and what is between.
    let band = json!([at(600), {"value": moment(3000)}]);
    let (edges, filled) = with(json!({"vertical": [band]}));
    assert_eq!(edges.len(), early.len() + late.len());
    let mixed =
        |it: &&[u8]| it[1] >= 250 && it[0].abs_diff(it[2]) <= 2 && (200..235).contains(&it[0]);
    assert!(filled.chunks(3).filter(mixed).count() > 10_000);
    // What is not within the time that is shown is not there.
    let outside = json!([at(-600), {"value": moment(-300)}]);
    let (none, pixels) = with(json!({"vertical": [at(4000), outside]}));
    assert!(none.is_empty() && !pixels.chunks(3).any(|it| mixed(&it)));
    let (rules, pixels) =
        with(json!({"horizontal": [[{"value": 2, "color": "#00ff00"}, {"value": 8}]]}));
    assert!(rules.len() > 400 && pixels.chunks(3).filter(mixed).count() > 10_000);
    let beyond = json!([{"value": 12, "color": "#00ff00"}, {"value": 20}]);
    let (none, pixels) = with(json!({"horizontal": [beyond]}));
    assert!(none.is_empty() && !pixels.chunks(3).any(|it| mixed(&it)));
}

#[test]
fn a_column_keeps_its_least_and_greatest() {
    let plain = widget(json!({}));
    let frame = Frame {
        left: 0,
        top: 0,
        right: 99,
        bottom: 99,
    };
    let scale = Scale {
        low: 0.0,
        high: 1.0,
    };
    let mut many = line(&[], BLUE);
    many.line.period = 1;
    many.line.points = (0..3600)
        .map(|it| (FROM + it, f64::from(u8::from(it % 7 == 3))))
        .collect();
    let wild = traced(&plain, &many.line, frame, scale);
    assert_eq!(wild, vec![Some((0, 99)); 100]);
    // Neighbours touch on a slope too, and an end is not passed.
    many.line.points = vec![(FROM, 0.0), (FROM + 3600, 1.0)];
    many.line.period = 3600;
    let slope = traced(&plain, &many.line, frame, scale);
    assert_eq!((slope[0].unwrap().1, slope[99].unwrap().0), (99, 0));
    for pair in slope.windows(2) {
        assert!(pair[0].unwrap().0 <= pair[1].unwrap().1 + 1, "{pair:?}");
    }
    // A point alone is a dot.
    many.line.points.truncate(1);
    many.line.points[0].0 += 1800;
    let dot = traced(&plain, &many.line, frame, scale);
    assert_eq!(dot.iter().flatten().count(), 3);
}

#[test]
fn lines_and_filled_areas_are_bounded_by_the_size() {
    let large = json!({"width": 2000, "height": 2000});
    assert!(fits(&widget(large.clone()), 10) && !fits(&widget(large.clone()), 11));
    assert!(fits(&widget(json!({"width": 600, "height": 400})), 166));
    let rules = |fill| {
        let mut filled = large.clone();
        filled["annotations"]["horizontal"] = json!(vec![json!({"value": 1, "fill": fill}); 30]);
        widget(filled)
    };
    assert!(!fits(&rules("above"), 1) && fits(&rules("none"), 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn no_widget_is_too_small_or_wild(
        width in prop_oneof![1..60u32, 1..400u32],
        height in prop_oneof![1..60u32, 1..400u32],
        view in prop_oneof![Just("timeSeries"), Just("singleValue")],
        stacked: bool,
        right: bool,
        title in ".{0,40}",
        values in prop::collection::vec(prop::collection::vec(prop_oneof![any::<f64>(), -10.0..10.0f64], 0..20), 0..6),
        rule: f64,
    ) {
        let rule = if rule.is_finite() { rule } else { 0.0 };
        let it = widget(json!({
            "width": width, "height": height, "view": view, "stacked": stacked, "title": title,
            "annotations": {
                "horizontal": [{"value": rule, "label": title, "fill": "below"}, [{"value": rule}, {"value": 1}]],
                "vertical": [[{"value": "2027-01-15T08:10:00Z", "label": title}, {"value": "2027-01-15T08:20:00Z"}]],
            },
        }));
        let lines: Vec<Drawn> = values
            .iter()
            .enumerate()
            .map(|(at, values)| {
                let mut drawn = line(values, palette::of_line(at));
                drawn.label.clone_from(&title);
                drawn.side = if right && at == 0 { Side::Right } else { Side::Left };
                drawn
            })
            .collect();
        prop_assert_eq!(pixels(&it, &lines).unwrap().len(), (width * height * 3) as usize);
    }
}
