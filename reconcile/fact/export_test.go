package fact

// AlikeBy is Alike with a hash that tests choose.
var AlikeBy = Set.alike
