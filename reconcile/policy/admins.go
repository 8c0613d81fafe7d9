package policy

// adminRules are about those who look after an installation, and those who stand in.
var adminRules = []Rule{
	{Code: "E28", Name: "substitution", Source: "R43", By: "nobody", Firm: true},
	{Code: "E29", Name: "access-rule", Source: "R44, R46", By: "nobody", Firm: true},
	{Code: "W24", Name: "deputies", Source: "R3, R4, R5, R6, R7", By: "nobody"},
	{Code: "W25", Name: "contacts", Source: "R9", By: "nobody"},
	{Code: "W27", Name: "coverage", Source: "R46", By: "nobody"},
	{Code: "W28", Name: "substitute-too-early-or-late", Source: "R42", By: "nobody"},
	{Code: "W30", Name: "team-of-one", Source: "R62", By: "nobody"},
}
