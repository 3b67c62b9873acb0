"""Addresses of the pages. An address names a noun and its number, and stays when the page changes."""

from __future__ import annotations

from django.urls import path

from puhui.console.views import books, borrower, case, evidence, firm, loan, model, payout, portfolio, queue, session, trail

app_name = "console"

urlpatterns = [
    path("", session.home, name="home"),
    path("sign-in/", session.SignIn.as_view(), name="sign_in"),
    path("sign-out/", session.SignOut.as_view(), name="sign_out"),
    path("queue/", queue.queue, name="queue"),
    path("cases/<int:number>/", case.case, name="case"),
    path("decisions/<int:number>/", case.decision, name="decision"),
    path("decisions/<int:number>/replay/", case.replay, name="replay"),
    path("firms/", firm.firms, name="firms"),
    path("firms/<int:number>/", firm.firm, name="firm"),
    path("firms/<int:number>/partners/", firm.partners, name="partners"),
    path("evidence/", evidence.evidence, name="evidence"),
    path("payouts/", payout.payouts, name="payouts"),
    path("payouts/<int:number>/", payout.payout, name="payout"),
    path("loans/", loan.loans, name="loans"),
    path("loans/<int:number>/", loan.loan, name="loan"),
    path("portfolio/", portfolio.portfolio, name="portfolio"),
    path("portfolio/file.<str:form>", portfolio.portfolio_file, name="portfolio_file"),
    path("models/", model.models, name="models"),
    path("models/<int:number>/", model.model, name="model"),
    path("models/<int:number>/plots/<str:name>", model.plot, name="model_plot"),
    path("books/", books.books, name="books"),
    path("books/accounts/<str:code>/", books.account, name="account"),
    path("books/entries/<int:number>/", books.entry, name="entry"),
    path("trail/", trail.trail, name="trail"),
    path("trail/file.csv", trail.trail_file, name="trail_file"),
    path("my/", borrower.home, name="borrower_home"),
    path("my/consent/", borrower.consent, name="borrower_consent"),
    path("my/data/", borrower.data, name="borrower_data"),
    path("my/apply/", borrower.apply, name="borrower_apply"),
    path("my/applications/<int:number>/", borrower.application, name="borrower_application"),
    path("my/offers/<int:number>/", borrower.offer, name="borrower_offer"),
    path("my/contracts/<int:number>/", borrower.sign, name="borrower_sign"),
    path("my/loans/<int:number>/", borrower.loan, name="borrower_loan"),
    path("my/loans/<int:number>/repay/", borrower.repay, name="borrower_repay"),
]
