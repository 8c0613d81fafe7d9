package policy

// changeRules look at what a plan changes, and in whose name.
var changeRules = []Rule{
	{Code: "E13", Name: "actor-leaves-holders", Source: "R111", By: "nobody"},
	{Code: "E14", Name: "sharing-beyond-actor", Source: "R103", By: "nobody"},
	{Code: "E15", Name: "holders-beyond-actor", Source: "R106", By: "nobody"},
	{Code: "E16", Name: "transfer-beyond-actor", Source: "R109", By: "nobody"},
	{Code: "E24", Name: "last-maintainer", Source: "R96", By: "nobody"},
	{Code: "E33", Name: "read-too-small", Source: "P8", By: "nobody"},
	{Code: "W09", Name: "still-effective", Source: "R34, R93", By: "nobody"},
	{Code: "W11", Name: "upgrade-trap", Source: "R70", By: "nobody"},
	{Code: "W22", Name: "home-school-by-order", Source: "R77", By: "nobody"},
	{Code: "W35", Name: "widened-by-fallback", Source: "R28, R78", By: "nobody"},
}
