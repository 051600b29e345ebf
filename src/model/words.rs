//! Enums whose variants have words: what the contract, data files and stores write for them.

/// The text is none of an enum's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    pub(super) noun: &'static str,
    pub(super) words: &'static [&'static str],
}

impl std::error::Error for UnknownWord {}

impl std::fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a {} is one of {}", self.noun, self.words.join(", "))
    }
}

/// Gives an enum its words, both ways. The noun is for errors.
macro_rules! words {
    ($type:ident, $noun:literal, { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $type {
            /// All words, in the order of the enum.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word for it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::model::UnknownWord;

            fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::model::UnknownWord {
                        noun: $noun,
                        words: Self::WORDS,
                    }),
                }
            }
        }
    };
}
pub(super) use words;
