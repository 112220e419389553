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

    /// Calls `seen` with the place in the list of each word that the text has, most often once for each
    /// time that it stands there, until `seen` has enough and says `false`. Where words overlap in the
    /// text, the one that begins first counts, and of these the first of the list.
    pub fn each_in(&self, text: impl AsRef<[u8]>, mut seen: impl FnMut(usize) -> bool) {
        let text = text.as_ref();
        match &self.together {
            Some(words) => {
                let mut found = words.find_iter(text);
                while found
                    .next()
                    .is_some_and(|one| seen(one.pattern().as_usize()))
                {}
            }
            None => {
                let has = |word: &String| memchr::memmem::find(text, word.as_bytes()).is_some();
                let mut there = (0..self.all.len()).filter(|&at| has(&self.all[at]));
                while there.next().is_some_and(&mut seen) {}
            }
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

    #[test]
    fn words_are_told_until_there_are_enough() {
        let words = Words::new(["one", "two", "three"]);
        let mut seen = Vec::new();
        words.each_in("a three b two c one d two", |at| {
            seen.push(at);
            at != 0
        });
        assert_eq!(seen, [2, 1, 0]);
        words.each_in("", |_| unreachable!("there is no word"));
    }
}
