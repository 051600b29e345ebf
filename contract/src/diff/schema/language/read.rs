//! Reads a `pattern`: what of ECMA-262's syntax describes a regular language, and means the same to
//! every reader. No look-around, no back-reference, no word boundary, no flag, no Unicode property.

use regex_syntax::{
    ast::{
        AssertionKind, Ast, ClassBracketed, ClassPerl, ClassPerlKind, ClassSet, ClassSetItem,
        GroupKind, HexLiteralKind, Literal, LiteralKind, Repetition, RepetitionKind,
        RepetitionRange, SpecialLiteralKind, parse::ParserBuilder,
    },
    hir::{ClassUnicode, ClassUnicodeRange},
};

/// The longest pattern that is read, in bytes.
const LENGTH: usize = 2_000;
/// How deep its groups may be nested.
const DEPTH: u32 = 50;

/// What readers of patterns differ in.
pub(super) struct RegexDialect {
    /// What `.` does not match.
    dot: &'static [(char, char)],
    /// What `\s` matches.
    space: &'static [(char, char)],
}

/// ECMA-262 itself; validators built on Rust's `regex` whose `.` matches all but a line feed; those
/// that also know only the better known spaces.
pub(super) const DIALECTS: [RegexDialect; 3] = [
    RegexDialect {
        dot: &[('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')],
        space: SPACE,
    },
    RegexDialect {
        dot: &[('\n', '\n')],
        space: SPACE,
    },
    RegexDialect {
        dot: &[('\n', '\n')],
        space: COMMON_SPACE,
    },
];

const SPACE: &[(char, char)] = &[
    ('\t', '\r'),
    (' ', ' '),
    ('\u{a0}', '\u{a0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{2000}', '\u{200a}'),
    ('\u{2028}', '\u{2029}'),
    ('\u{202f}', '\u{202f}'),
    ('\u{205f}', '\u{205f}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{feff}', '\u{feff}'),
];
const COMMON_SPACE: &[(char, char)] = &[
    ('\t', '\r'),
    (' ', ' '),
    ('\u{a0}', '\u{a0}'),
    ('\u{2003}', '\u{2003}'),
    ('\u{2029}', '\u{2029}'),
    ('\u{feff}', '\u{feff}'),
];
const DIGIT: &[(char, char)] = &[('0', '9')];
const WORD: &[(char, char)] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

/// A part of a pattern.
pub(super) enum PatternPart {
    /// One character.
    Class(ClassUnicode),
    /// `^`
    Start,
    /// `$`
    End,
    Concat(Vec<PatternPart>),
    Either(Vec<PatternPart>),
    Repeat {
        part: Box<PatternPart>,
        least: u32,
        most: Option<u32>,
    },
}

/// A pattern as one reader reads it; none where readers could differ in more, or where its language
/// is not regular.
pub(super) fn read(pattern: &str, reading: &RegexDialect) -> Option<PatternPart> {
    if pattern.len() > LENGTH {
        return None;
    }
    let ast = ParserBuilder::new()
        .nest_limit(DEPTH)
        .build()
        .parse(pattern)
        .ok()?;
    Reader { pattern, reading }.part(&ast)
}

struct Reader<'a> {
    pattern: &'a str,
    reading: &'a RegexDialect,
}

impl Reader<'_> {
    fn part(&self, ast: &Ast) -> Option<PatternPart> {
        Some(match ast {
            Ast::Empty(_) => PatternPart::Concat(Vec::new()),
            Ast::Literal(literal) => {
                PatternPart::Class(class(&[(character(literal)?, character(literal)?)]))
            }
            Ast::Dot(_) => PatternPart::Class(negated(class(self.reading.dot), true)),
            Ast::ClassPerl(perl) => PatternPart::Class(self.perl(perl)),
            Ast::ClassBracketed(bracketed) => PatternPart::Class(self.bracketed(bracketed)?),
            Ast::Assertion(assertion) => match assertion.kind {
                AssertionKind::StartLine => PatternPart::Start,
                AssertionKind::EndLine => PatternPart::End,
                _ => return None,
            },
            Ast::Repetition(repetition) => self.repetition(repetition)?,
            Ast::Group(group) => match &group.kind {
                GroupKind::CaptureIndex(_)
                | GroupKind::CaptureName {
                    starts_with_p: false,
                    ..
                } => self.part(&group.ast)?,
                GroupKind::NonCapturing(flags) if flags.items.is_empty() => {
                    self.part(&group.ast)?
                }
                _ => return None,
            },
            Ast::Alternation(alternation) => PatternPart::Either(self.parts(&alternation.asts)?),
            Ast::Concat(concat) => PatternPart::Concat(self.parts(&concat.asts)?),
            Ast::Flags(_) | Ast::ClassUnicode(_) => return None,
        })
    }

    fn parts(&self, asts: &[Ast]) -> Option<Vec<PatternPart>> {
        asts.iter().map(|ast| self.part(ast)).collect()
    }

    /// Lazy or not, the language is the same.
    fn repetition(&self, repetition: &Repetition) -> Option<PatternPart> {
        // `a++` is possessive for some readers, and `^*` an error for others.
        if matches!(*repetition.ast, Ast::Repetition(_) | Ast::Assertion(_)) {
            return None;
        }
        let (least, most) = match &repetition.op.kind {
            RepetitionKind::ZeroOrOne => (0, Some(1)),
            RepetitionKind::ZeroOrMore => (0, None),
            RepetitionKind::OneOrMore => (1, None),
            RepetitionKind::Range(range) => {
                // `{,3}` and `{1, 3}` are text in ECMA-262.
                let span = repetition.op.span;
                let text = self.pattern.get(span.start.offset..span.end.offset)?;
                let digit = |c: char| c.is_ascii_digit();
                if !text.starts_with('{')
                    || !text[1..].starts_with(digit)
                    || text.contains(char::is_whitespace)
                {
                    return None;
                }
                match *range {
                    RepetitionRange::Exactly(count) => (count, Some(count)),
                    RepetitionRange::AtLeast(least) => (least, None),
                    RepetitionRange::Bounded(least, most) => (least, Some(most)),
                }
            }
        };
        Some(PatternPart::Repeat {
            part: Box::new(self.part(&repetition.ast)?),
            least,
            most,
        })
    }

    fn perl(&self, perl: &ClassPerl) -> ClassUnicode {
        let ranges = match perl.kind {
            ClassPerlKind::Digit => DIGIT,
            ClassPerlKind::Space => self.reading.space,
            ClassPerlKind::Word => WORD,
        };
        negated(class(ranges), perl.negated)
    }

    fn bracketed(&self, bracketed: &ClassBracketed) -> Option<ClassUnicode> {
        // `&&`, `--` and `~~` are text in ECMA-262.
        let ClassSet::Item(item) = &bracketed.kind else {
            return None;
        };
        Some(negated(self.item(item)?, bracketed.negated))
    }

    fn item(&self, item: &ClassSetItem) -> Option<ClassUnicode> {
        Some(match item {
            ClassSetItem::Literal(literal) => class(&[(member(literal)?, member(literal)?)]),
            ClassSetItem::Range(range) => class(&[(member(&range.start)?, member(&range.end)?)]),
            ClassSetItem::Perl(perl) => self.perl(perl),
            ClassSetItem::Union(union) => {
                let mut all = ClassUnicode::empty();
                for item in &union.items {
                    all.union(&self.item(item)?);
                }
                all
            }
            // A `[` within a class is text in ECMA-262.
            ClassSetItem::Bracketed(_)
            | ClassSetItem::Ascii(_)
            | ClassSetItem::Unicode(_)
            | ClassSetItem::Empty(_) => {
                return None;
            }
        })
    }
}

fn class(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(
        ranges
            .iter()
            .map(|(first, last)| ClassUnicodeRange::new(*first, *last)),
    )
}

fn negated(mut class: ClassUnicode, negated: bool) -> ClassUnicode {
    if negated {
        class.negate();
    }
    class
}

/// A literal within a class. In ECMA-262 a `]` that comes first closes the class.
fn member(literal: &Literal) -> Option<char> {
    if literal.kind == LiteralKind::Verbatim && literal.c == ']' {
        None
    } else {
        character(literal)
    }
}

fn character(literal: &Literal) -> Option<char> {
    match &literal.kind {
        LiteralKind::Verbatim | LiteralKind::Meta | LiteralKind::Superfluous => Some(literal.c),
        LiteralKind::HexFixed(HexLiteralKind::X | HexLiteralKind::UnicodeShort)
        | LiteralKind::HexBrace(HexLiteralKind::UnicodeShort) => Some(literal.c),
        LiteralKind::Special(SpecialLiteralKind::Bell | SpecialLiteralKind::Space) => None,
        LiteralKind::Special(_) => Some(literal.c),
        LiteralKind::Octal | LiteralKind::HexFixed(_) | LiteralKind::HexBrace(_) => None,
    }
}
