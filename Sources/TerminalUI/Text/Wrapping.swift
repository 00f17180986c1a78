/// A sentence in lines of at most so many characters, broken between words; a word that is longer than a line is broken too.
func wrapped(_ sentence: String, to width: Int) -> [String] {
  var lines: [String] = []
  for word in sentence.split(separator: " ") {
    if let last = lines.last, last.count + 1 + word.count <= width {
      lines[lines.count - 1] = last + " " + word
      continue
    }
    var rest = word
    while rest.count > max(width, 1) {
      lines.append(String(rest.prefix(max(width, 1))))
      rest = rest.dropFirst(max(width, 1))
    }
    lines.append(String(rest))
  }
  return lines
}
