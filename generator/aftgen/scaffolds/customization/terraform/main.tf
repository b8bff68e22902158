# What every account of this customization gets. The provider (aft-providers.jinja) is the account itself, in the
# region of Control Tower. Custom fields of the request are SSM parameters there:
# /aft/account-request/custom-fields/<key>.
