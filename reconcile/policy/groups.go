package policy

// groupRules are about groups, cards, overrides and accounts.
var groupRules = []Rule{
	{Code: "E31", Name: "card-assignment", Source: "4.4", By: "nobody"},
	{Code: "E34", Name: "account-without-card", Source: "P8", By: "nobody"},
	{Code: "W01", Name: "teacher-with-account", Source: "R19", By: "nobody"},
	{Code: "W02", Name: "account-without-administration", Source: "R17", By: "nobody"},
	{Code: "W18", Name: "group-per-school", Source: "R37", By: "nobody"},
	{Code: "W19", Name: "group-without-use", Source: "R30", By: "nobody"},
	{Code: "W20", Name: "groups-hidden", Source: "R28, P7", By: "nobody"},
	{Code: "W21", Name: "groups-summed", Source: "R27, P7", By: "nobody"},
	{Code: "W31", Name: "override-without-end", Source: "R14", By: "nobody"},
	{Code: "W33", Name: "field-limits-without-effect", Source: "P2", By: "nobody"},
	{Code: "W34", Name: "right-on-the-wrong-side", Source: "R31, R32", By: "nobody"},
}
