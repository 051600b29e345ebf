//! The lines of paths in a file. They are looked up in another reading, only where there are
//! mistakes to tell: lines that are tracked for every value would cost time and memory in files
//! without any.

use std::{collections::BTreeMap, fmt, io::Read};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::Spanned;

use super::{
    mistake::{PathStep, ValuePath},
    yaml,
};

/// The line of each place, from 1; 0 where it is not known, as of a file that is empty.
pub(super) fn find(from: impl Read, paths: &[ValuePath]) -> Vec<u64> {
    let left = paths.iter().filter(|place| !place.0.is_empty()).count();
    let mut lines = Lines {
        paths,
        found: vec![0; paths.len()],
        left,
    };
    // An error ends the reading; the lines before it are found. So do the last of the lines.
    let _ =
        serde_saphyr::with_deserializer_from_reader_with_options(from, yaml::options(), |yaml| {
            yaml.deserialize_map(FileVisitor(&mut lines))
        });
    lines.found
}

struct Lines<'p> {
    paths: &'p [ValuePath],
    found: Vec<u64>,
    left: usize,
}

impl Lines<'_> {
    /// The paths in one list, by record.
    fn of_list(&self, list: &str) -> BTreeMap<usize, Vec<usize>> {
        let mut records = BTreeMap::<_, Vec<_>>::new();
        for (number, place) in self.paths.iter().enumerate() {
            if let [PathStep::Key(key), PathStep::Item(at), ..] = place.0.as_slice()
                && key == list
            {
                records.entry(*at).or_default().push(number);
            }
        }
        records
    }

    fn found_key(&mut self, found: &str, line: u64) {
        for (place, slot) in self.paths.iter().zip(&mut self.found) {
            if matches!(place.0.as_slice(), [PathStep::Key(key)] if key == found) {
                *slot = line;
                self.left -= 1;
            }
        }
    }

    fn are_all_found<E: de::Error>(&self) -> Result<(), E> {
        if self.left == 0 {
            Err(E::custom("enough"))
        } else {
            Ok(())
        }
    }
}

struct FileVisitor<'l, 'p>(&'l mut Lines<'p>);

impl<'de> Visitor<'de> for FileVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a data file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut lists: A) -> Result<(), A::Error> {
        while let Some(key) = lists.next_key::<Spanned<String>>()? {
            self.0.found_key(&key.value, key.referenced.line());
            self.0.are_all_found()?;
            let selected = self.0.of_list(&key.value);
            match selected.is_empty() {
                true => drop(lists.next_value::<IgnoredAny>()?),
                false => lists.next_value_seed(LinesVisitor {
                    lines: self.0,
                    selected,
                })?,
            }
        }
        Ok(())
    }
}

struct LinesVisitor<'l, 'p> {
    lines: &'l mut Lines<'p>,
    selected: BTreeMap<usize, Vec<usize>>,
}

impl<'de> DeserializeSeed<'de> for LinesVisitor<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for LinesVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<(), A::Error> {
        for at in 0.. {
            let Some(selected) = self.selected.get(&at) else {
                match records.next_element::<IgnoredAny>()? {
                    Some(_) => continue,
                    None => break,
                }
            };
            let Some(record) = records.next_element::<Spanned<Tree>>()? else {
                break;
            };
            for number in selected {
                let path = self.lines.paths[*number].0.get(2..).unwrap_or_default();
                self.lines.found[*number] = record.value.line(path, record.referenced.line());
                self.lines.left -= 1;
            }
            self.lines.are_all_found()?;
        }
        Ok(())
    }
}

/// The lines of a record.
enum Tree {
    Leaf,
    Items(Vec<Spanned<Tree>>),
    /// With the line of the key, where a person looks first.
    Fields(Vec<(String, u64, Tree)>),
}

impl Tree {
    /// The line of a place within, or of what is nearest to it.
    fn line(&self, path: &[PathStep], here: u64) -> u64 {
        match (self, path) {
            (Self::Items(items), [PathStep::Item(at), rest @ ..]) => items
                .get(*at)
                .map_or(here, |item| item.value.line(rest, item.referenced.line())),
            (Self::Fields(fields), [PathStep::Key(name), rest @ ..]) => {
                let field = fields.iter().find(|(key, ..)| key == name);
                field.map_or(here, |(_, line, value)| value.line(rest, *line))
            }
            _ => here,
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

macro_rules! leaves {
    ($($visit:ident: $of:ty),*) => {$(
        fn $visit<E: de::Error>(self, _: $of) -> Result<Tree, E> {
            Ok(Tree::Leaf)
        }
    )*};
}

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    leaves!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E: de::Error>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Tree, A::Error> {
        let mut items = vec![];
        while let Some(item) = values.next_element()? {
            items.push(item);
        }
        Ok(Tree::Items(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<Tree, A::Error> {
        let mut fields = vec![];
        while let Some(key) = values.next_key::<Spanned<String>>()? {
            fields.push((key.value, key.referenced.line(), values.next_value()?));
        }
        Ok(Tree::Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::{ValuePath, find};

    #[test]
    fn the_line_of_a_place_is_that_of_its_key_its_item_or_what_is_nearest() {
        let text = "# a\nusers:\n  - name: a\n    roles:\n      - x\n      - y\n  - {name: b,\n     roles: []}\nother: 1\n";
        let users = |at| ValuePath::default().key("users").item(at);
        let paths = [
            ValuePath::default().key("other"),
            users(0).key("roles").item(1),
            users(0).key("missing"),
            users(0).key("roles"),
            users(1).key("roles").item(7),
            users(1).key("name"),
            users(2),
            ValuePath::default(),
        ];
        assert_eq!(find(text.as_bytes(), &paths), [9, 6, 3, 4, 8, 7, 0, 0]);
    }
}
