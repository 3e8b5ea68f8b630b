"use strict";
/* What a word of the search means: text of a row, a name of its compound, a formula in any order of its
   elements and any multiple, or the name of an element. */

const LOW_DIGITS = "₀₁₂₃₄₅₆₇₈₉";
const LONGEST_FORMULA = 200;
const SAME_SHARE = 5e-4;

/* The share of each element in a formula; null where the text is none. */
function composition(text, symbols) {
  const formulaText = text.replace(/[₀-₉]/g, (digit) => LOW_DIGITS.indexOf(digit));
  if (!formulaText || formulaText.length > LONGEST_FORMULA) return null;
  const token = /([A-Z][a-z]?)(\d+(?:\.\d+)?)?|([([])|([)\]])(\d+(?:\.\d+)?)?/y;
  const open = [new Map()];
  while (token.lastIndex < formulaText.length) {
    const found = token.exec(formulaText);
    if (!found) return null;
    const [, symbol, amount, opens, closes, times] = found;
    if (symbol) {
      if (!symbols.has(symbol)) return null;
      const held = open.at(-1);
      held.set(symbol, (held.get(symbol) ?? 0) + Number(amount ?? 1));
    } else if (opens) {
      open.push(new Map());
    } else if (closes) {
      if (open.length < 2) return null;
      const group = open.pop(), held = open.at(-1);
      for (const [one, count] of group) held.set(one, (held.get(one) ?? 0) + count * Number(times ?? 1));
    }
  }
  const total = [...open[0].values()].reduce((sum, one) => sum + one, 0);
  if (open.length > 1 || !total) return null;
  return new Map([...open[0]].map(([one, count]) => [one, count / total]));
}

function sameComposition(one, other) {
  return one.size === other.size
    && [...one].every(([symbol, share]) => other.has(symbol) && Math.abs(other.get(symbol) - share) < SAME_SHARE);
}

/* The symbol of an element that is called so: by its symbol in any capitals, or by its name. */
function elementCalled(word, elements) {
  const symbol = word[0].toUpperCase() + word.slice(1).toLowerCase();
  return Object.values(elements).includes(symbol) ? symbol : elements[word.toLowerCase()] ?? null;
}

class Search {
  constructor(names, elements, elementsOf) {
    this.names = names;
    this.elements = elements;
    this.elementsOf = elementsOf;
    this.symbols = new Set(Object.values(elements));
    this.compositions = null;
  }

  /* Whether a row is what a word names, beside holding it as text. */
  test(word) {
    const wanted = composition(word, this.symbols);
    const symbol = this.elements[word.toLowerCase()];
    if (wanted && wanted.size > 1) {
      this.compositions ??= this.names.map((some) => some.map((name) => composition(name, this.symbols)).filter(Boolean));
      return (place) => this.compositions[place].some((one) => sameComposition(one, wanted));
    }
    return symbol ? (place) => this.elementsOf(place).includes(symbol) : () => false;
  }
}
