//! Words that are looked for together.

use aho_corasick::packed::Searcher;

/// A few words, found in one pass over a text where the processor can.
#[derive(Debug)]
pub struct Words {
    all: Vec<String>,
    together: Option<Searcher>,
}

impl Words {
    /// Takes the words.
    pub fn new<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Self {
        let all: Vec<String> = words.into_iter().map(Into::into).collect();
        Self {
            together: Searcher::new(&all),
            all,
        }
    }

    /// Whether a text has one of them, anywhere.
    #[must_use]
    pub fn any_in(&self, text: impl AsRef<[u8]>) -> bool {
        let text = text.as_ref();
        let has = |word: &String| memchr::memmem::find(text, word.as_bytes()).is_some();
        match &self.together {
            Some(words) => words.find(text).is_some(),
            None => self.all.iter().any(has),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_some_words_is_found_anywhere() {
        let words = Words::new(["setattr", "__dict__"]);
        for text in ["setattr", "xsetattr(", "a.__dict__[b]"] {
            assert!(words.any_in(text), "{text}");
        }
        for text in ["", "set", "_dict_", "settattr"] {
            assert!(!words.any_in(text), "{text}");
        }
        assert!(!Words::new([""; 0]).any_in("setattr"));
    }
}
