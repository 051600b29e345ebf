//! The plot: p50 over the number of members, both on logarithmic scales, as an SVG that needs
//! nothing from elsewhere.

use std::fmt::Write;

use super::{Line, Point};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 210.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 50.0;
/// As far apart as names at the ends of lines must be to be read.
const LABEL: f64 = 15.0;
const COLORS: [&str; 7] = [
    "#1b6ca8", "#3aa6b9", "#7e57c2", "#c0392b", "#e08e79", "#2e7d32", "#8bc34a",
];

/// Where things are drawn.
struct Frame {
    members: (f64, f64),
    micros: (f64, f64),
}

/// The plot of these lines.
pub fn svg(lines: &[Line]) -> String {
    let points = || lines.iter().flat_map(|line| &line.points);
    let decades = |values: Vec<f64>| {
        let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(l, h), v| {
            (l.min(v.log10()), h.max(v.log10()))
        });
        (low, high)
    };
    let members = decades(points().map(|point| point.members as f64).collect());
    let (low, high) = decades(points().map(micros).collect());
    let frame = Frame {
        members,
        micros: (low.floor(), high.ceil()),
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"#333\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"24\" font-size=\"15\">Median time of a request, in µs, by members in the store</text>\n"
    );
    frame.grid(&mut svg);
    for (at, (line, label)) in lines.iter().zip(frame.labels(lines)).enumerate() {
        frame.line(&mut svg, line, COLORS[at % COLORS.len()], label);
    }
    svg + "</svg>\n"
}

fn micros(point: &Point) -> f64 {
    point.p50.as_secs_f64() * 1e6
}

impl Frame {
    fn x(&self, power: f64) -> f64 {
        LEFT + (power - self.members.0) / (self.members.1 - self.members.0) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, power: f64) -> f64 {
        HEIGHT
            - BOTTOM
            - (power - self.micros.0) / (self.micros.1 - self.micros.0) * (HEIGHT - TOP - BOTTOM)
    }

    fn grid(&self, svg: &mut String) {
        let powers = |(low, high): (f64, f64)| low as i32..=high as i32;
        for power in powers(self.members) {
            let (x, end) = (self.x(power.into()), HEIGHT - BOTTOM);
            let label = format!("10<tspan dy=\"-5\" font-size=\"9\">{power}</tspan>");
            rule(
                svg,
                [x, TOP, x, end],
                &format!("x=\"{x:.0}\" y=\"{}\" text-anchor=\"middle\"", end + 20.0),
                &label,
            );
        }
        for power in powers(self.micros) {
            let (y, end) = (self.y(power.into()), WIDTH - RIGHT);
            let label = 10_u64.pow(power.unsigned_abs()).to_string();
            let place = format!(
                "x=\"{}\" y=\"{:.0}\" text-anchor=\"end\"",
                LEFT - 8.0,
                y + 4.0
            );
            rule(svg, [LEFT, y, end, y], &place, &label);
        }
    }

    /// The heights of the names at the ends of the lines: none over another.
    fn labels(&self, lines: &[Line]) -> Vec<f64> {
        let end = |line: &Line| {
            line.points
                .last()
                .map_or(TOP, |point| self.y(micros(point).log10()))
        };
        let mut heights: Vec<_> = lines.iter().map(end).enumerate().collect();
        heights.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        for at in 1..heights.len() {
            heights[at].1 = heights[at].1.max(heights[at - 1].1 + LABEL);
        }
        heights.sort_by_key(|(at, _)| *at);
        heights.into_iter().map(|(_, height)| height).collect()
    }

    fn line(&self, svg: &mut String, line: &Line, color: &str, label: f64) {
        let place = |p: &Point| {
            format!(
                "{:.1},{:.1}",
                self.x((p.members as f64).log10()),
                self.y(micros(p).log10())
            )
        };
        let places: Vec<_> = line.points.iter().map(place).collect();
        let name = line.operation.name;
        let (x, y) = (WIDTH - RIGHT + 10.0, label + 4.0);
        // Writing to a string does not fail.
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>\n\
             <text x=\"{x}\" y=\"{y:.0}\" fill=\"{color}\">{name}</text>",
            places.join(" ")
        );
    }
}

fn rule(svg: &mut String, [x1, y1, x2, y2]: [f64; 4], place: &str, label: &str) {
    let _ = writeln!(
        svg,
        "<path d=\"M{x1:.0} {y1:.0}L{x2:.0} {y2:.0}\" stroke=\"#ddd\"/>\n<text {place}>{label}</text>"
    );
}
