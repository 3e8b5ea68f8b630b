"""SuperCon: thousands of reported (formula, T_c), cleaned; licence and citation stand in the table's head."""
