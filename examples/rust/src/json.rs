//! As much of JSON as the header of a safetensors file needs. Numbers stay as they are written.

use std::iter::Peekable;
use std::str::{Chars, FromStr};

#[derive(Debug)]
pub enum Json {
    /// A number, true, false or null.
    Plain(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub fn parse(text: &str) -> Option<Json> {
        value(&mut text.chars().peekable())
    }

    /// A member of an object.
    pub fn member(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, v)| v),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Json::Plain(written) if written == "null")
    }

    /// A number or a truth value.
    pub fn number<T: FromStr>(&self) -> Option<T> {
        match self {
            Json::Plain(written) => written.parse().ok(),
            _ => None,
        }
    }

    /// All numbers of an array, and of arrays within it.
    pub fn numbers<T: FromStr>(&self) -> Option<Vec<T>> {
        match self {
            Json::Array(elements) => {
                let parts: Option<Vec<Vec<T>>> = elements.iter().map(Json::numbers).collect();
                Some(parts?.into_iter().flatten().collect())
            }
            _ => Some(vec![self.number()?]),
        }
    }
}

type Input<'a> = Peekable<Chars<'a>>;

fn skip_space(input: &mut Input) -> Option<char> {
    while input.next_if(|c| c.is_ascii_whitespace()).is_some() {}
    input.peek().copied()
}

fn value(input: &mut Input) -> Option<Json> {
    match skip_space(input)? {
        '"' => Some(Json::Text(string(input)?)),
        '[' => Some(Json::Array(list(input, ']', value)?)),
        '{' => Some(Json::Object(list(input, '}', |input| {
            skip_space(input);
            let key = string(input)?;
            skip_space(input);
            input.next_if_eq(&':')?;
            Some((key, value(input)?))
        })?)),
        _ => {
            let mut written = String::new();
            while let Some(c) = input.next_if(|c| c.is_ascii_alphanumeric() || "+-.".contains(*c)) {
                written.push(c);
            }
            (!written.is_empty()).then_some(Json::Plain(written))
        }
    }
}

/// Items between the bracket that comes and the end.
fn list<T>(
    input: &mut Input, end: char, item: impl Fn(&mut Input) -> Option<T>,
) -> Option<Vec<T>> {
    let mut items = Vec::new();
    input.next();
    if skip_space(input)? == end {
        input.next();
        return Some(items);
    }
    loop {
        items.push(item(input)?);
        skip_space(input)?;
        match input.next()? {
            ',' => continue,
            c => return (c == end).then_some(items),
        }
    }
}

fn string(input: &mut Input) -> Option<String> {
    input.next_if_eq(&'"')?;
    let mut text = String::new();
    loop {
        match input.next()? {
            '"' => return Some(text),
            '\\' => text.push(match input.next()? {
                c @ ('"' | '\\' | '/') => c,
                'b' | 'f' | 'n' | 'r' | 't' => ' ', // space is space in JSON within JSON
                _ => return None, // nothing that is saved has other characters
            }),
            c => text.push(c),
        }
    }
}
