//! Cost against size, as SVG: both axes are logarithmic, so that what is linear is a straight line.

use std::fmt::Write as _;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 120.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// Told apart by people who see red and green alike, too.
const COLORS: [&str; 5] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"];

/// One line: its name, and milliseconds for each size.
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// A picture of the lines. Sizes and times are above zero.
pub fn svg(title: &str, lines: &[Line]) -> String {
    let points = || lines.iter().flat_map(|line| line.points.iter().copied());
    let across = Axis::of(points().map(|(size, _)| size), LEFT, WIDTH - RIGHT);
    let up = Axis::of(points().map(|(_, time)| time), HEIGHT - BOTTOM, TOP);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
    );
    text(&mut svg, (LEFT, 24.0), "start", &format!("{title}: milliseconds against connections"));
    for decade in across.decades() {
        let x = across.place(decade);
        rule(&mut svg, (x, TOP), (x, HEIGHT - BOTTOM));
        text(&mut svg, (x, HEIGHT - BOTTOM + 20.0), "middle", &decade.to_string());
    }
    for decade in up.decades() {
        let y = up.place(decade);
        rule(&mut svg, (LEFT, y), (WIDTH - RIGHT, y));
        text(&mut svg, (LEFT - 8.0, y + 4.0), "end", &decade.to_string());
    }
    for (line, color) in lines.iter().zip(COLORS.iter().cycle()) {
        let places: Vec<_> =
            line.points.iter().map(|(size, time)| (across.place(*size), up.place(*time))).collect();
        curve(&mut svg, &places, color);
        if let Some((x, y)) = places.last() {
            text(&mut svg, (x + 8.0, y + 4.0), "start", &line.name);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// From a value to a place in the picture.
struct Axis {
    /// Powers of ten.
    first: f64,
    last: f64,
    start: f64,
    end: f64,
}

impl Axis {
    fn of(values: impl Iterator<Item = f64>, start: f64, end: f64) -> Self {
        let (least, most) = values.fold((f64::MAX, f64::MIN_POSITIVE), |(least, most), value| {
            (least.min(value), most.max(value))
        });
        let first = least.log10().floor();
        Self { first, last: most.log10().ceil().max(first + 1.0), start, end }
    }

    fn place(&self, value: f64) -> f64 {
        let share = (value.log10() - self.first) / (self.last - self.first);
        // A tenth of a unit is finer than a screen.
        ((self.start + share * (self.end - self.start)) * 10.0).round() / 10.0
    }

    fn decades(&self) -> impl Iterator<Item = f64> {
        (self.first as i32..=self.last as i32).map(|power| 10f64.powi(power))
    }
}

fn curve(svg: &mut String, places: &[(f64, f64)], color: &str) {
    let points: Vec<_> = places.iter().map(|(x, y)| format!("{x},{y}")).collect();
    let points = points.join(" ");
    let _ = writeln!(
        svg,
        "<polyline points=\"{points}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>"
    );
    for (x, y) in places {
        let _ = writeln!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" fill=\"{color}\"/>");
    }
}

fn rule(svg: &mut String, from: (f64, f64), to: (f64, f64)) {
    let ((x1, y1), (x2, y2)) = (from, to);
    let _ =
        writeln!(svg, "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" stroke=\"#ddd\"/>");
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{words}</text>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_times_as_much_is_as_far_everywhere() {
        let axis = Axis::of([2.0, 300.0].into_iter(), 0.0, 300.0);
        assert_eq!(
            [1.0, 10.0, 100.0, 1000.0].map(|value| axis.place(value)),
            [0.0, 100.0, 200.0, 300.0]
        );
        assert_eq!(axis.decades().collect::<Vec<_>>(), [1.0, 10.0, 100.0, 1000.0]);
    }

    #[test]
    fn each_line_has_its_points_and_its_name() {
        let line =
            |name: &str| Line { name: name.to_owned(), points: vec![(100.0, 5.0), (1000.0, 50.0)] };
        let svg = svg("list", &[line("ours"), line("a<b")]);
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert_eq!(svg.matches("<circle").count(), 4);
        assert!(svg.contains(">ours<") && svg.contains(">a&lt;b<"), "{svg}");
    }
}
