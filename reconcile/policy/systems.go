package policy

// systemRules are about IMS and CosDoc.
var systemRules = []Rule{
	{Code: "E25", Name: "ims-settings", Source: "R56, R57, R58, R59", By: "nobody"},
	{Code: "E26", Name: "ims-grant-to-user", Source: "R59", By: "nobody", Firm: true},
	{Code: "E27", Name: "cosdoc-chain", Source: "R47, R48", By: "nobody", Firm: true},
	{Code: "W26", Name: "profile-for-everybody", Source: "R49", By: "nobody"},
	{Code: "W29", Name: "ims-roles", Source: "R59, R64", By: "nobody"},
}
