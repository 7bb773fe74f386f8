"""The tenants that an order can be carried out on, one package each."""
