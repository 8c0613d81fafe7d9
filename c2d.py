O=lambda n,p,g='[]',r='[]',e='':f'kind: PersonOverride\nmetadata: {{name: {n}}}\nspec: {{person: {p}, grant: {g}, revoke: {r}, reason: x, validTo: 2027-06-01{e}}}\n'
TM=lambda n,a,h,e='':f'kind: SurveyTemplate\nmetadata: {{name: {n}}}\nspec: {{author: {a}, holders: {h}{e}}}\n'
